import type { Hash } from './tree.ts'

/** The first 32 bits of the fractional part of a root of the first primes: the constants of FIPS 180-4 §4.2.2 and §5.3.3. */
const fractions = (count: number, power: number): Int32Array => {
  const words = new Int32Array(count)
  for (let found = 0, candidate = 2; found < count; candidate += 1) {
    let isPrime = true
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) isPrime = false
    if (!isPrime) continue
    const root = candidate ** power
    words[found] = Math.floor((root - Math.floor(root)) * 0x1_0000_0000) | 0
    found += 1
  }
  return words
}

const roundConstants = fractions(64, 1 / 3)
const initial = fractions(8, 1 / 2)

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

const compress = (state: Int32Array, words: Int32Array): void => {
  for (let at = 16; at < 64; at += 1) {
    const early = words[at - 15] as number
    const late = words[at - 2] as number
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[at] = ((words[at - 16] as number) + sigma0 + (words[at - 7] as number) + sigma1) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let at = 0; at < 64; at += 1) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + (roundConstants[at] as number) + (words[at] as number)) | 0
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const next = [a, b, c, d, e, f, g, h]
  for (let at = 0; at < 8; at += 1) state[at] = ((state[at] as number) + (next[at] as number)) | 0
}

/**
 * SHA-256 (FIPS 180-4) in plain code, for browsers: WebCrypto's is asynchronous, which is slow for the many small inputs of
 * a tree. Hashes public bytes only.
 */
export const sha256: Hash = (bytes) => {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x2000_0000))
  view.setUint32(padded.length - 4, (bytes.length * 8) >>> 0)
  const state = initial.slice()
  const words = new Int32Array(64)
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 16; at += 1) words[at] = view.getInt32(block + 4 * at)
    compress(state, words)
  }
  const digest = new Uint8Array(32)
  const out = new DataView(digest.buffer)
  state.forEach((word, at) => {
    out.setInt32(4 * at, word)
  })
  return digest
}
