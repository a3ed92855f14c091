import { isIPv6 } from 'node:net'

/**
 * Whose address it is: an IPv6 caller has a whole network of 64 bits to choose from (RFC 4291 §2.5.4), so that counts as one.
 * An IPv4 address in IPv6 clothes is that one address (§2.5.5.2).
 */
export const ownerOf = (address: string): string => {
  if (!isIPv6(address)) return address
  const [, mapped] = /^::ffff:([0-9.]+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped
  const [before = '', after] = address.split('%', 1)[0]?.split('::') ?? []
  const groups = before === '' ? [] : before.split(':')
  const missing = after === undefined ? 0 : 8 - groups.length - (after === '' ? 0 : after.split(':').length)
  const first = [...groups, ...Array<string>(missing).fill('0'), ...(after ? after.split(':') : [])].slice(0, 4)
  return first.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

/** How fast each address may go on being refused: so many at once, and so many a second from then on. */
export type Pace = { take(address: string): boolean }

type Bucket = { left: number; atMs: number }

/** Addresses remembered; whoever was forgotten begins anew. */
const addressesMaximum = 10_000

export const newPace = ({ burst, perSecond, now }: { burst: number; perSecond: number; now: () => number }): Pace => {
  const buckets = new Map<string, Bucket>()
  return {
    take: (given) => {
      const address = ownerOf(given)
      const atMs = now()
      const before = buckets.get(address)
      const left = before ? Math.min(burst, before.left + ((atMs - before.atMs) / 1000) * perSecond) : burst
      // The one refused longest ago stands first.
      if (!buckets.delete(address) && buckets.size >= addressesMaximum) buckets.delete(buckets.keys().next().value as string)
      buckets.set(address, { left: left < 1 ? left : left - 1, atMs })
      return left >= 1
    },
  }
}
