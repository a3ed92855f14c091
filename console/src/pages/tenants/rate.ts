/** Never rounded up to a threshold that it stays below, as causes have it. */
const floor = (rate: number, decimals: number): string => (Math.floor(rate * 10 ** decimals) / 10 ** decimals).toFixed(decimals)

/** An error rate as percent: unknown where there are too few calls, which is not 0. */
export const formatRate = (rate: number | null): string => {
  if (rate === null) return '—'
  if (rate === 0) return '0 %'
  if (rate < 0.01) return '<0.01 %'
  return `${floor(rate, rate < 1 ? 2 : 1)} %`
}
