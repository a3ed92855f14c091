import { sameBytes } from './bytes.ts'
import { bitAt, emptyMap, hashBranch } from './tally.ts'
import type { Hash } from './tree.ts'

/*
 * A map of tallies as a tree over the bits of their places: a branch splits by the next bit, and a tally stands as high as it is
 * alone. So the tree follows from what is in it, whatever the order in which it came.
 */

type Leaf = { place: Uint8Array; hash: Uint8Array; isFresh: boolean }
type Branch = { sides: [Node | undefined, Node | undefined]; hash: Uint8Array | undefined }
type Node = Leaf | Branch

const isLeaf = (node: Node): node is Leaf => 'place' in node

/** Told of each node that was computed anew, by its path; undefined where there is none any more. */
export type TallyNodeListener = (path: string, hash: Uint8Array | undefined) => void

export const createTallyTree = (hash: Hash) => {
  let top: Node | undefined
  const left = new Set<string>()

  const put = (node: Node | undefined, depth: number, leaf: Leaf): Node => {
    if (!node) return leaf
    if (!isLeaf(node)) {
      const bit = bitAt(leaf.place, depth)
      node.hash = undefined
      node.sides[bit] = put(node.sides[bit], depth + 1, leaf)
      return node
    }
    if (sameBytes(node.place, leaf.place)) return leaf
    const branch: Branch = { sides: [undefined, undefined], hash: undefined }
    branch.sides[bitAt(node.place, depth)] = { ...node, isFresh: true }
    return put(branch, depth, leaf)
  }

  /** A tally that is alone below a branch takes its place. */
  const rise = (branch: Branch, path: string): Node | undefined => {
    const [zero, one] = branch.sides
    if (zero && one) return branch
    const only = zero ?? one
    if (!only || !isLeaf(only)) return only && branch
    left.add(path + (zero ? '0' : '1'))
    return { ...only, isFresh: true }
  }

  const take = (node: Node | undefined, path: string, place: Uint8Array): Node | undefined => {
    if (!node) return undefined
    if (isLeaf(node)) {
      if (!sameBytes(node.place, place)) return node
      left.add(path)
      return undefined
    }
    const bit = bitAt(place, path.length)
    node.hash = undefined
    node.sides[bit] = take(node.sides[bit], `${path}${bit}`, place)
    return rise(node, path)
  }

  return {
    set(place: Uint8Array, leafHash: Uint8Array): void {
      top = put(top, 0, { place, hash: leafHash, isFresh: true })
    },
    delete(place: Uint8Array): void {
      top = take(top, '', place)
    },
    /** The root. Only what changed since the last time is computed. */
    root(onNode?: TallyNodeListener): Uint8Array {
      const settle = (node: Node | undefined, path: string): Uint8Array => {
        if (!node) return emptyMap
        if (isLeaf(node) ? !node.isFresh : node.hash) return node.hash as Uint8Array
        if (isLeaf(node)) node.isFresh = false
        else node.hash = hashBranch(hash, settle(node.sides[0], `${path}0`), settle(node.sides[1], `${path}1`))
        left.delete(path)
        onNode?.(path, node.hash)
        return node.hash as Uint8Array
      }
      const root = settle(top, '')
      for (const path of left) onNode?.(path, undefined)
      left.clear()
      return root
    },
  }
}
