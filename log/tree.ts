import { LogError } from './errors.ts'

/** SHA-256, given from outside: node:crypto on a server (`sha256-node.ts`), plain code in a browser (`sha256.ts`). */
export type Hash = (bytes: Uint8Array) => Uint8Array

export const hashLength = 32

/** Root of the empty tree: the hash of nothing (RFC 9162 §2.1.1). */
export const emptyRoot = (hash: Hash): Uint8Array => hash(new Uint8Array(0))

// Hashing is synchronous, so one buffer serves every call.
const leafInput = new Uint8Array(8192)

/** Leaf hash: SHA-256(0x00 ‖ entry) (RFC 9162 §2.1.1). */
export const hashLeaf = (hash: Hash, entry: Uint8Array): Uint8Array => {
  const input = entry.length < leafInput.length ? leafInput.subarray(0, entry.length + 1) : new Uint8Array(entry.length + 1)
  input.set(entry, 1)
  return hash(input)
}

const nodeInput = new Uint8Array(1 + 2 * hashLength)
nodeInput[0] = 1

/** Node hash: SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1). */
export const hashNode = (hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array => {
  if (left.length !== hashLength || right.length !== hashLength) throw new LogError('hash_length')
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + hashLength)
  return hash(nodeInput)
}

/**
 * The left edge of what a growing tree still needs: the roots of its perfect subtrees, largest first. There are as many
 * as the size has ones in binary. Sizes are integers up to 2^53.
 */
export type Frontier = { size: number; hashes: Uint8Array[] }

export const emptyFrontier = (): Frontier => ({ size: 0, hashes: [] })

/** Told of each perfect subtree that a leaf completes: its level (0 for the leaf itself) and its root. */
export type NodeListener = (level: number, node: Uint8Array) => void

/** Appends one leaf hash, in place. */
export const appendLeaf = (hash: Hash, frontier: Frontier, leaf: Uint8Array, onNode?: NodeListener): void => {
  let node = leaf
  let level = 0
  onNode?.(level, node)
  // Each trailing one of the size is a perfect subtree that the new leaf completes into one twice as large.
  for (let rest = frontier.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    node = hashNode(hash, frontier.hashes.pop() as Uint8Array, node)
    level += 1
    onNode?.(level, node)
  }
  frontier.hashes.push(node)
  frontier.size += 1
}

/**
 * Appends a perfect subtree of 2^level leaves by its root, in place. The size must be a multiple of 2^level: elsewhere the tree has no
 * such subtree.
 */
export const appendSubtree = (hash: Hash, frontier: Frontier, level: number, root: Uint8Array): void => {
  const leaves = 2 ** level
  if (frontier.size % leaves !== 0) throw new LogError('out_of_range')
  let node = root
  for (let rest = frontier.size / leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
    node = hashNode(hash, frontier.hashes.pop() as Uint8Array, node)
  }
  frontier.hashes.push(node)
  frontier.size += leaves
}

/** Root of the tree that a frontier stands for. */
export const rootOf = (hash: Hash, frontier: Frontier): Uint8Array => foldNodes(hash, frontier.hashes)

/** Hash of a range from the roots of its perfect subtrees, left to right: folded from the right. */
export const foldNodes = (hash: Hash, nodes: readonly Uint8Array[]): Uint8Array => {
  let root = nodes.at(-1)
  if (root === undefined) return emptyRoot(hash)
  for (let at = nodes.length - 2; at >= 0; at -= 1) root = hashNode(hash, nodes[at] as Uint8Array, root)
  return root
}

/** Root of a tree of leaf hashes. */
export const rootOfLeaves = (hash: Hash, leaves: Iterable<Uint8Array>): Uint8Array => {
  const frontier = emptyFrontier()
  for (const leaf of leaves) appendLeaf(hash, frontier, leaf)
  return rootOf(hash, frontier)
}
