/** Upper bounds of latencies, in milliseconds; one more bucket holds what is above. They are those of OpenTelemetry's own histograms. */
export const bounds = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000] as const

const placeOf = (upperMs: number): number => {
  const place = bounds.findIndex((bound) => upperMs <= bound * 1.000_001)
  return place < 0 ? bounds.length : place
}

const trim = (buckets: number[]): number[] => buckets.slice(0, buckets.findLastIndex((calls) => calls > 0) + 1)

const spread = (pairs: Iterable<[upperMs: number, calls: number]>): number[] => {
  const buckets = new Array<number>(bounds.length + 1).fill(0)
  for (const [upperMs, calls] of pairs) {
    const place = placeOf(upperMs)
    buckets[place] = (buckets[place] as number) + calls
  }
  return trim(buckets)
}

/** An explicit histogram on our bounds: a bucket counts as its upper bound. */
export const fromExplicit = (counts: readonly number[], upper: readonly number[], unitMs: number): number[] =>
  spread(counts.map((calls, n) => [(upper[n] ?? Number.POSITIVE_INFINITY) * unitMs, calls]))

/** An exponential one: bucket n ends at 2^((offset + n + 1) / 2^scale). */
export const fromExponential = (
  { scale, offset, counts, zero }: { scale: number; offset: number; counts: readonly number[]; zero: number },
  unitMs: number,
): number[] => spread([[0, zero], ...counts.map((calls, n): [number, number] => [2 ** ((offset + n + 1) * 2 ** -scale) * unitMs, calls])])
