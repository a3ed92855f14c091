import { sameBytes } from './bytes.ts'
import { LogError } from './errors.ts'
import type { Node, NodeReader } from './tile.ts'
import { emptyRoot, foldNodes, type Hash, hashLength, hashNode } from './tree.ts'

/** A proof as RFC 9162 gives it: hashes from the leaves towards the root. */
export type Proof = Uint8Array[]

type Range = { from: number; to: number }

const requireSizes = (...numbers: number[]): void => {
  for (const number of numbers) if (!Number.isSafeInteger(number) || number < 0) throw new LogError('out_of_range')
}

const requireHashes = (hashes: readonly Uint8Array[]): void => {
  for (const hash of hashes) if (hash.length !== hashLength) throw new LogError('hash_length')
}

/** The largest power of two below n (RFC 9162 §2.1.1: where a tree of n leaves is split). */
const splitOf = (n: number): number => {
  let split = 1
  while (split * 2 < n) split *= 2
  return split
}

/** The largest perfect subtrees that make up a range, from left to right. */
export const nodesOf = ({ from, to }: Range): Node[] => {
  const nodes: Node[] = []
  for (let start = from; start < to; ) {
    let level = 0
    while (start % 2 ** (level + 1) === 0 && start + 2 ** (level + 1) <= to) level += 1
    nodes.push({ level, index: start / 2 ** level })
    start += 2 ** level
  }
  return nodes
}

const readRanges = async (hash: Hash, read: NodeReader, ranges: readonly Range[]): Promise<Proof> => {
  const nodes = ranges.map(nodesOf)
  const hashes = await read(nodes.flat())
  let at = 0
  return nodes.map((part) => {
    const own = hashes.slice(at, at + part.length)
    at += part.length
    return foldNodes(hash, own)
  })
}

/** PATH(m, D[n]) of RFC 9162 §2.1.3.1 as ranges of leaves. */
const inclusionPath = (index: number, { from, to }: Range): Range[] => {
  if (to - from === 1) return []
  const middle = from + splitOf(to - from)
  return index < middle
    ? [...inclusionPath(index, { from, to: middle }), { from: middle, to }]
    : [...inclusionPath(index, { from: middle, to }), { from, to: middle }]
}

/** SUBPROOF(m, D[n], whole) of RFC 9162 §2.1.4.1 as ranges of leaves. */
const consistencyPath = (size: number, { from, to }: Range, whole: boolean): Range[] => {
  if (size === to) return whole ? [] : [{ from, to }]
  const middle = from + splitOf(to - from)
  return size <= middle
    ? [...consistencyPath(size, { from, to: middle }, whole), { from: middle, to }]
    : [...consistencyPath(size, { from: middle, to }, false), { from, to: middle }]
}

/** Proves that the leaf at `index` is in the tree of the first `size` leaves (RFC 9162 §2.1.3.1). */
export const proveInclusion = async (hash: Hash, read: NodeReader, index: number, size: number): Promise<Proof> => {
  requireSizes(index, size)
  if (index >= size) throw new LogError('out_of_range')
  return await readRanges(hash, read, inclusionPath(index, { from: 0, to: size }))
}

/** Proves that the tree of the first `size1` leaves is a prefix of that of the first `size2` (RFC 9162 §2.1.4.1). */
export const proveConsistency = async (hash: Hash, read: NodeReader, size1: number, size2: number): Promise<Proof> => {
  requireSizes(size1, size2)
  if (size1 > size2) throw new LogError('out_of_range')
  return size1 === 0 ? [] : await readRanges(hash, read, consistencyPath(size1, { from: 0, to: size2 }, true))
}

export type Inclusion = { index: number; size: number; leafHash: Uint8Array; proof: readonly Uint8Array[]; expectedRoot: Uint8Array }

/** Verifies that a leaf is in the tree with a trusted size and root (RFC 9162 §2.1.3.2). Throws LogError. */
export const verifyInclusion = (hash: Hash, { index, size, leafHash, proof, expectedRoot }: Inclusion): void => {
  requireSizes(index, size)
  requireHashes([leafHash, expectedRoot, ...proof])
  if (index >= size) throw new LogError('out_of_range')
  let place = index
  let last = size - 1
  let root = leafHash
  for (const sibling of proof) {
    if (last === 0) throw new LogError('proof_length')
    if (place % 2 === 1 || place === last) {
      root = hashNode(hash, sibling, root)
      // The right edge rises without a sibling until it is a right child.
      while (place % 2 === 0 && place !== 0) {
        place /= 2
        last = Math.floor(last / 2)
      }
    } else {
      root = hashNode(hash, root, sibling)
    }
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) throw new LogError('proof_length')
  if (!sameBytes(root, expectedRoot)) throw new LogError('root_mismatch')
}

export type Consistency = { size1: number; size2: number; root1: Uint8Array; root2: Uint8Array; proof: readonly Uint8Array[] }

/**
 * Verifies that the tree (size1, root1) is a prefix of the tree (size2, root2) (RFC 9162 §2.1.4.2). Throws LogError.
 * The empty tree is a prefix of every tree, with an empty proof, as in C2SP tlog-witness; its root must be the hash of nothing.
 */
export const verifyConsistency = (hash: Hash, { size1, size2, root1, root2, proof }: Consistency): void => {
  requireSizes(size1, size2)
  if (size1 > size2) throw new LogError('out_of_range')
  if (size1 === 0 || size1 === size2) {
    if (proof.length > 0) throw new LogError('proof_length')
    const sound = (size1 > 0 || sameBytes(root1, emptyRoot(hash))) && (size1 !== size2 || sameBytes(root1, root2))
    if (!sound) throw new LogError('root_mismatch')
    requireHashes(size1 === size2 ? [] : [root2])
    return
  }
  requireHashes([root1, root2, ...proof])
  let place = size1 - 1
  let last = size2 - 1
  while (place % 2 === 1) {
    place = (place - 1) / 2
    last = Math.floor(last / 2)
  }
  // Where size1 is a power of two its root is the first node, and the proof leaves it out.
  const [first, ...rest] = place === 0 ? [root1, ...proof] : proof
  if (first === undefined) throw new LogError('proof_length')
  let before = first
  let after = first
  for (const sibling of rest) {
    if (last === 0) throw new LogError('proof_length')
    if (place % 2 === 1 || place === last) {
      before = hashNode(hash, sibling, before)
      after = hashNode(hash, sibling, after)
      while (place % 2 === 0 && place !== 0) {
        place /= 2
        last = Math.floor(last / 2)
      }
    } else {
      after = hashNode(hash, after, sibling)
    }
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) throw new LogError('proof_length')
  if (!sameBytes(before, root1) || !sameBytes(after, root2)) throw new LogError('root_mismatch')
}
