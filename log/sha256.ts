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

// One buffer each for all calls: hashing is synchronous.
const words = new Int32Array(64)
const state = new Int32Array(8)

/** One block, whose 16 words are in `words`, into `state` (FIPS 180-4 §6.2.2). */
const compress = (): void => {
  for (let at = 16; at < 64; at += 1) {
    const early = words[at - 15] as number
    const late = words[at - 2] as number
    const sigma0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3)
    const sigma1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10)
    words[at] = ((words[at - 16] as number) + sigma0 + (words[at - 7] as number) + sigma1) | 0
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  let f = state[5] as number
  let g = state[6] as number
  let h = state[7] as number
  for (let at = 0; at < 64; at += 1) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + (roundConstants[at] as number) + (words[at] as number)) | 0
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
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
  state[0] = (state[0] as number) + a
  state[1] = (state[1] as number) + b
  state[2] = (state[2] as number) + c
  state[3] = (state[3] as number) + d
  state[4] = (state[4] as number) + e
  state[5] = (state[5] as number) + f
  state[6] = (state[6] as number) + g
  state[7] = (state[7] as number) + h
}

const loadBlock = (bytes: Uint8Array, from: number): void => {
  for (let at = 0, place = from; at < 16; at += 1, place += 4) {
    words[at] =
      ((bytes[place] as number) << 24) |
      ((bytes[place + 1] as number) << 16) |
      ((bytes[place + 2] as number) << 8) |
      (bytes[place + 3] as number)
  }
}

const tail = new Uint8Array(128)

/**
 * SHA-256 (FIPS 180-4) in plain code, for browsers: WebCrypto's is asynchronous, which is slow for the many small inputs of
 * a tree. Hashes public bytes only.
 */
export const sha256: Hash = (bytes) => {
  state.set(initial)
  const whole = bytes.length - (bytes.length % 64)
  for (let from = 0; from < whole; from += 64) {
    loadBlock(bytes, from)
    compress()
  }
  const rest = bytes.length - whole
  const blocks = rest < 56 ? 64 : 128
  tail.fill(0)
  tail.set(bytes.subarray(whole))
  tail[rest] = 0x80
  const bits = bytes.length * 8
  for (let at = 0; at < 8; at += 1) tail[blocks - 1 - at] = Math.floor(bits / 256 ** at)
  for (let from = 0; from < blocks; from += 64) {
    loadBlock(tail, from)
    compress()
  }
  const digest = new Uint8Array(32)
  for (let at = 0; at < 32; at += 1) digest[at] = (state[at >> 2] as number) >>> (24 - 8 * (at & 3))
  return digest
}
