const words = 4

const wordOf = (hash: Uint8Array, at: number): number =>
  (((hash[at] as number) | ((hash[at + 1] as number) << 8) | ((hash[at + 2] as number) << 16) | ((hash[at + 3] as number) << 24)) >>>
    0) as number

/**
 * Remembers hashes, and where each was seen first: 96 bits of a hash and its place in 16 bytes of an open table, so that millions fit
 * into some tens of megabytes, and no two are taken for one by chance.
 */
export const createSeen = () => {
  let table = new Uint32Array(1024 * words)
  let count = 0

  const find = (first: number, second: number, third: number): number => {
    const mask = table.length / words - 1
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words
      if (table[at + 3] === 0) return at
      if (table[at] === first && table[at + 1] === second && table[at + 2] === third) return at
    }
  }

  const grow = (): void => {
    const old = table
    table = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += words)
      if (old[at + 3] !== 0) table.set(old.subarray(at, at + words), find(old[at] as number, old[at + 1] as number, old[at + 2] as number))
  }

  return {
    /** Where this hash was seen before; undefined the first time. */
    add(hash: Uint8Array, index: number): number | undefined {
      const key = [wordOf(hash, 0), wordOf(hash, 4), wordOf(hash, 8)] as const
      const at = find(...key)
      const place = table[at + 3] as number
      if (place !== 0) return place - 1
      table.set([...key, index + 1], at)
      count += 1
      if (count * words * 4 > table.length * 3) grow()
      return undefined
    },
  }
}
