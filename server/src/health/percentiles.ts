/** Calls that took longer than `lower_ms` and at most `upper_ms`; null is without an end. */
export type Bucket = [lower_ms: number, upper_ms: number | null, calls: number]

/** How many calls took at most so long, where those of a bucket are spread evenly over it. */
const countUpTo = (buckets: readonly Bucket[], ms: number): number =>
  buckets.reduce((sum, [lower, upper, calls]) => {
    if (upper === null || ms <= lower) return sum
    return sum + (ms >= upper ? calls : (calls * (ms - lower)) / (upper - lower))
  }, 0)

/**
 * Below how many milliseconds such a share of the calls was; null without calls. Buckets may have come from histograms with
 * different bounds. What lies in a bucket without an end is said to be at its beginning: more is not known.
 */
export const percentile = (buckets: readonly Bucket[], share: number): number | null => {
  const wanted = buckets.reduce((sum, [, , calls]) => sum + calls, 0) * share
  if (wanted === 0) return null
  const bounds = [...new Set(buckets.flatMap(([lower, upper]) => (upper === null ? [lower] : [lower, upper])))].toSorted((a, b) => a - b)
  for (const [at, bound] of bounds.entries()) {
    const counted = countUpTo(buckets, bound)
    if (counted < wanted) continue
    const before = bounds[at - 1] ?? 0
    const below = countUpTo(buckets, before)
    return counted === below ? bound : before + ((bound - before) * (wanted - below)) / (counted - below)
  }
  return bounds.at(-1) ?? null
}
