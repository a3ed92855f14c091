import { concatBytes } from '@noble/hashes/utils.js'
import { LogError } from './errors.ts'
import { type Hash, hashLength } from './tree.ts'

/*
 * What a log has of one tenant: how many entries, and a hash over them in their order. A tenant that can show its tally to be under
 * a signed checkpoint, and computes the same from what it was shown, was shown everything.
 *
 * An outsider who guesses learns nothing from hashes: an entry's id has 74 random bits, and stands in every chain that it is part of.
 */

/** `place` is where it stands in the map: the chain after its first entry. `since` is empty, or from when on it counts (tallies.ts). */
export type Tally = { count: number; chain: Uint8Array; place: Uint8Array; since: string }

/** An entry that concerns a tenant, as far as its tally goes. */
export type TallyEntry = { leafHash: Uint8Array; id: string }

const utf8 = new TextEncoder()
const zeros = new Uint8Array(hashLength)

export const emptyTally = (since = ''): Tally => ({ count: 0, chain: zeros, place: zeros, since })

/** SHA-256(0x02 ‖ chain ‖ leaf hash ‖ id); the first chain is of zeros. */
export const extendTally = (hash: Hash, { count, chain, place, since }: Tally, { leafHash, id }: TallyEntry): Tally => {
  const next = hash(concatBytes(new Uint8Array([2]), chain, leafHash, utf8.encode(id)))
  return { count: count + 1, chain: next, place: count === 0 ? next : place, since }
}

/** SHA-256(0x03 ‖ place ‖ count in 8 bytes, big end first ‖ chain ‖ since) */
export const hashTally = (hash: Hash, { count, chain, place, since }: Tally): Uint8Array => {
  const counted = new Uint8Array(8)
  new DataView(counted.buffer).setBigUint64(0, BigInt(count))
  return hash(concatBytes(new Uint8Array([3]), place, counted, chain, utf8.encode(since)))
}

const nodeInput = new Uint8Array(1 + 2 * hashLength)
nodeInput[0] = 4

/** SHA-256(0x04 ‖ left ‖ right); zeros stand for a side without a tally. */
export const hashBranch = (hash: Hash, left: Uint8Array = zeros, right: Uint8Array = zeros): Uint8Array => {
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + hashLength)
  return hash(nodeInput)
}

/** Root of a map without tallies. */
export const emptyMap: Uint8Array = zeros

/** A bit of a place, the highest of its first byte being 0. */
export const bitAt = (place: Uint8Array, depth: number): 0 | 1 => (((place[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1

/** The first bits of a place, as a text of zeros and ones. */
export const pathOf = (place: Uint8Array, depth: number): string => Array.from({ length: depth }, (_, at) => bitAt(place, at)).join('')

/** Verifies that a tally stands in the map with this root; siblings from the tally upwards. Throws LogError. */
export const verifyTally = (hash: Hash, tally: Tally, siblings: readonly Uint8Array[], expectedRoot: Uint8Array): void => {
  if (tally.count < 1 || siblings.length > hashLength * 8) throw new LogError('tally_mismatch')
  for (const each of [tally.place, tally.chain, expectedRoot, ...siblings])
    if (each.length !== hashLength) throw new LogError('hash_length')
  let node = hashTally(hash, tally)
  for (const [at, sibling] of siblings.entries()) {
    const isRight = bitAt(tally.place, siblings.length - 1 - at) === 1
    node = isRight ? hashBranch(hash, sibling, node) : hashBranch(hash, node, sibling)
  }
  if (node.some((byte, at) => byte !== expectedRoot[at])) throw new LogError('tally_mismatch')
}
