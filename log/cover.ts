import { formatBase64, parseBase64, sameBytes } from './bytes.ts'
import { LogError } from './errors.ts'
import { nodesOf } from './proof.ts'
import type { Node } from './tile.ts'
import { appendSubtree, emptyFrontier, type Hash, hashLength, rootOf } from './tree.ts'

/*
 * Inclusion of many entries by one proof. Whoever has some entries of a tree is given the roots of the largest perfect subtrees that
 * fill the gaps between them. Entries and subtrees together, from left to right, are the whole tree: they lead to its root, or one
 * of them is not what it was. It proves of every entry that it is in the tree, and at which place.
 */

/** A subtree that stands for entries which are not shown: 2^level of them, from index `first` on. */
export type CoverNode = { first: number; level: number; hash: Uint8Array }

/** The subtrees that fill a stretch of the tree, `from` to `to` (exclusive), beside the leaves at these indexes, in order. */
export const gapsOf = ({ from, to, leaves }: { from: number; to: number; leaves: readonly number[] }): Node[] => {
  const nodes: Node[] = []
  let next = from
  for (const leaf of [...leaves, to]) {
    nodes.push(...nodesOf({ from: next, to: leaf }))
    next = leaf + 1
  }
  return nodes
}

/** A line of a proof: `<first> <level> <base64 of the hash>`. */
export const formatCoverNode = ({ first, level, hash }: CoverNode): string => `${first} ${level} ${formatBase64(hash)}`

export const parseCoverNode = (line: string): CoverNode => {
  const parts = /^(0|[1-9]\d{0,15}) (0|[1-9]\d?) (\S{44})$/.exec(line)
  if (!parts) throw new LogError('malformed_export', 'A line of its proof is not one.')
  const [, first, level, encoded] = parts as unknown as [string, string, string, string]
  const hash = parseBase64(encoded, 'malformed_export')
  if (hash.length !== hashLength) throw new LogError('hash_length')
  return { first: Number(first), level: Number(level), hash }
}

/** Puts a tree together from entries and subtrees in their order, and compares it with a root that was signed. */
export const createCoverVerifier = (hash: Hash, { size, root }: { size: number; root: Uint8Array }) => {
  const frontier = emptyFrontier()
  const add = (first: number, level: number, node: Uint8Array): void => {
    if (first !== frontier.size || level > 52 || first + 2 ** level > size) throw new LogError('out_of_range')
    appendSubtree(hash, frontier, level, node)
  }
  return {
    /** The index that comes next. */
    next: (): number => frontier.size,
    addLeaf: (index: number, leaf: Uint8Array): void => add(index, 0, leaf),
    addNode: ({ first, level, hash: node }: CoverNode): void => add(first, level, node),
    /** Whether it is the tree that was signed. */
    finish: (): boolean => frontier.size === size && sameBytes(rootOf(hash, frontier), root),
  }
}
