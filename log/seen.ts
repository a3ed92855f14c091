const words = 4

/** The last step of MurmurHash3: every bit of a word depends on all of them. */
const mix = (word: number): number => {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

/**
 * Remembers byte strings, and where each was seen first: 96 bits of a hash and the place in 16 bytes of an open table, so that millions
 * fit into some tens of megabytes, and no two are taken for one by chance. The hash is a fast one: who is free to choose the
 * strings could make two look alike, but nobody can make two that are alike look different.
 */
export const createSeen = () => {
  let table = new Int32Array(1024 * words)
  let count = 0

  /** Where these words are in the table, or belong. */
  const find = (first: number, second: number, third: number): number => {
    const mask = table.length / words - 1
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words
      if (table[at + 3] === 0 || (table[at] === first && table[at + 1] === second && table[at + 2] === third)) return at
    }
  }

  const put = (at: number, first: number, second: number, third: number, place: number): void => {
    table[at] = first
    table[at + 1] = second
    table[at + 2] = third
    table[at + 3] = place
  }

  const grow = (): void => {
    const old = table
    table = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += words) {
      const [first, second, third, place] = [old[at], old[at + 1], old[at + 2], old[at + 3]] as [number, number, number, number]
      if (place !== 0) put(find(first, second, third), first, second, third, place)
    }
  }

  return {
    /** Where these bytes were seen before; undefined the first time. */
    add(bytes: Uint8Array, index: number): number | undefined {
      let [a, b, c] = [bytes.length, 0x2545f491, 0x6c078965]
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at] as number
        a = Math.imul(a ^ byte, 0x01000193)
        b = Math.imul(b ^ byte, 0x9e3779b1) + (b >>> 15)
        c = Math.imul(c + byte, 0x85ebca77) ^ (c >>> 17)
      }
      const [first, second, third] = [mix(a), mix(b ^ a), mix(c ^ b)]
      const at = find(first, second, third)
      const place = table[at + 3] as number
      if (place !== 0) return place - 1
      put(at, first, second, third, index + 1)
      count += 1
      if (count * words * 4 > table.length * 3) grow()
      return undefined
    },
  }
}
