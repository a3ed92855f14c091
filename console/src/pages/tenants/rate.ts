/** An error rate as percent: unknown where there are too few calls, which is not 0. */
export const formatRate = (rate: number | null): string => {
  if (rate === null) return '—'
  if (rate === 0) return '0 %'
  if (rate < 0.01) return '<0.01 %'
  return `${rate.toFixed(rate < 1 ? 2 : 1)} %`
}
