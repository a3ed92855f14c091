/** How fast each address may go on being refused: so many at once, and so many a second from then on. */
export type Pace = { take(address: string): boolean }

type Bucket = { left: number; atMs: number }

/** Addresses remembered; whoever was forgotten begins anew. */
const remembered = 10_000

export const newPace = ({ burst, perSecond, now }: { burst: number; perSecond: number; now: () => number }): Pace => {
  const buckets = new Map<string, Bucket>()
  return {
    take: (address) => {
      const atMs = now()
      const before = buckets.get(address)
      const left = before ? Math.min(burst, before.left + ((atMs - before.atMs) / 1000) * perSecond) : burst
      // The one refused longest ago stands first.
      if (!buckets.delete(address) && buckets.size >= remembered) buckets.delete(buckets.keys().next().value as string)
      buckets.set(address, { left: left < 1 ? left : left - 1, atMs })
      return left >= 1
    },
  }
}
