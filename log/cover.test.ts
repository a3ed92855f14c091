import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CoverNode, createCoverVerifier, formatCoverNode, gapsOf, parseCoverNode } from './cover.ts'
import { LogError } from './errors.ts'
import { sha256 } from './sha256-node.ts'
import { hashLeaf, rootOfLeaves } from './tree.ts'

const leavesOf = (size: number) => Array.from({ length: size }, (_, at) => hashLeaf(sha256, Buffer.from(String(at))))

/** Nodes by the definition: the root of the leaves below. */
const proofOf = (leaves: readonly Uint8Array[], shown: readonly number[]): CoverNode[] =>
  gapsOf({ from: 0, to: leaves.length, leaves: shown }).map(({ level, index }) => ({
    first: index * 2 ** level,
    level,
    hash: rootOfLeaves(sha256, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  }))

type Shown = { index: number; leaf: Uint8Array }

const check = (size: number, root: Uint8Array, shown: readonly Shown[], nodes: readonly CoverNode[]): boolean => {
  const verifier = createCoverVerifier(sha256, { size, root })
  const rest = [...nodes]
  try {
    for (const { index, leaf } of shown) {
      while (verifier.next() < index) verifier.addNode(rest.shift() as CoverNode)
      verifier.addLeaf(index, leaf)
    }
    for (const node of rest) verifier.addNode(node)
    return verifier.finish()
  } catch (error) {
    if (error instanceof LogError || error instanceof TypeError) return false
    throw error
  }
}

const trees = fc.integer({ min: 1, max: 300 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    shown: fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 40 }).map((all) => all.sort((a, b) => a - b)),
  }),
)

describe('EX-8 one proof of many entries', () => {
  it('leads to the root for any choice of entries, by no more than 2 log n subtrees for each', () => {
    fc.assert(
      fc.property(trees, ({ size, shown }) => {
        const leaves = leavesOf(size)
        const nodes = proofOf(leaves, shown)
        const own = shown.map((index) => ({ index, leaf: leaves[index] as Uint8Array }))
        expect(check(size, rootOfLeaves(sha256, leaves), own, nodes)).toBe(true)
        expect(nodes.length).toBeLessThanOrEqual((shown.length + 1) * 2 * Math.ceil(Math.log2(size + 1)))
      }),
    )
  })

  it('does not for an entry that was changed, moved or left out', () => {
    fc.assert(
      fc.property(trees, fc.nat(), ({ size, shown }, pick) => {
        fc.pre(shown.length > 0)
        const leaves = leavesOf(size)
        const root = rootOfLeaves(sha256, leaves)
        const nodes = proofOf(leaves, shown)
        const own = shown.map((index) => ({ index, leaf: leaves[index] as Uint8Array }))
        const at = pick % own.length
        const one = own[at] as Shown
        expect(check(size, root, own.with(at, { ...one, leaf: sha256(one.leaf) }), nodes)).toBe(false)
        expect(check(size, root, own.toSpliced(at, 1), nodes)).toBe(false)
        expect(check(size, root, own.with(at, { ...one, index: one.index + 1 }), nodes)).toBe(false)
      }),
    )
  })

  it('is written a line for each subtree, in one spelling', () => {
    const node = { first: 4, level: 2, hash: sha256(Buffer.from('x')) }
    const line = formatCoverNode(node)
    const parsed = parseCoverNode(line)
    expect({ ...parsed, hash: Buffer.from(parsed.hash) }).toEqual(node)
    for (const wrong of [`0${line}`, `${line} `, line.replace(' 2 ', ' 02 '), line.slice(0, -2), '']) {
      expect(() => parseCoverNode(wrong), wrong).toThrow(LogError)
    }
  })
})
