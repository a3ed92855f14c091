import { describe, expect, it } from 'vitest'
import { LogError } from './errors.ts'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './proof.ts'
import { sha256 } from './sha256-node.ts'
import type { NodeReader } from './tile.ts'
import { emptyRoot, hashLeaf, rootOfLeaves } from './tree.ts'

const most = 70
const leaves = Array.from({ length: most }, (_, at) => hashLeaf(sha256, new TextEncoder().encode(`entry ${at}`)))
const roots = Array.from({ length: most + 1 }, (_, size) => rootOfLeaves(sha256, leaves.slice(0, size)))
const root = (size: number) => roots[size] as Uint8Array
const leaf = (index: number) => leaves[index] as Uint8Array

// The slow and obvious way to every node, so that it can be the judge of the others.
const read: NodeReader = async (nodes) =>
  nodes.map(({ level, index }) => rootOfLeaves(sha256, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)))

const codeOf = (work: () => void): string => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    if (error instanceof LogError) return error.code
    throw error
  }
}

/** Every copy of a list of hashes with one bit turned over: one bit in each byte, another in each hash. */
const flipped = function* (hashes: readonly Uint8Array[]) {
  for (let at = 0; at < hashes.length; at += 1) {
    for (let byte = 0; byte < 32; byte += 1) {
      const changed = Uint8Array.from(hashes[at] as Uint8Array)
      changed[byte] = (changed[byte] as number) ^ (1 << ((at + byte) % 8))
      yield hashes.with(at, changed)
    }
  }
}

describe('M2 inclusion, every size and every leaf', () => {
  it(`verifies all proofs of trees up to ${most}, and no other index, size or length`, async () => {
    for (let size = 1; size <= most; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = await proveInclusion(sha256, read, index, size)
        const claim = { index, size, leafHash: leaf(index), proof, expectedRoot: root(size) }
        expect(codeOf(() => verifyInclusion(sha256, claim))).toBe('accepted')
        const others = [(index + 1) % size, index ^ 1, size - 1 - index].filter((other) => other !== index && other < size)
        for (const other of others) expect(codeOf(() => verifyInclusion(sha256, { ...claim, index: other }))).not.toBe('accepted')
        expect(codeOf(() => verifyInclusion(sha256, { ...claim, proof: [...proof, leaf(0)] }))).toBe('proof_length')
        if (proof.length > 0) expect(codeOf(() => verifyInclusion(sha256, { ...claim, proof: proof.slice(1) }))).toBe('proof_length')
        expect(codeOf(() => verifyInclusion(sha256, { ...claim, index: size }))).toBe('out_of_range')
      }
    }
  })

  it('refuses every proof with a flipped bit', async () => {
    for (const size of [1, 2, 3, 7, 8, 13, 33, most]) {
      for (let index = 0; index < size; index += 1) {
        const proof = await proveInclusion(sha256, read, index, size)
        const claim = { index, size, leafHash: leaf(index), expectedRoot: root(size) }
        for (const changed of flipped(proof))
          expect(codeOf(() => verifyInclusion(sha256, { ...claim, proof: changed }))).toBe('root_mismatch')
        for (const [changed] of flipped([leaf(index)]))
          expect(codeOf(() => verifyInclusion(sha256, { ...claim, proof, leafHash: changed as Uint8Array }))).toBe('root_mismatch')
      }
    }
  })

  it.each([
    ['a negative index', { index: -1 }, 'out_of_range'],
    ['a fraction', { index: 0.5 }, 'out_of_range'],
    ['an empty tree', { size: 0 }, 'out_of_range'],
    ['a short leaf hash', { leafHash: new Uint8Array(31) }, 'hash_length'],
    ['a short root', { expectedRoot: new Uint8Array(0) }, 'hash_length'],
    ['a long hash in the proof', { proof: [new Uint8Array(33)] }, 'hash_length'],
  ])('refuses %s', (_name, change, code) => {
    const claim = { index: 0, size: 2, leafHash: leaf(0), proof: [leaf(1)], expectedRoot: root(2) }
    expect(codeOf(() => verifyInclusion(sha256, claim))).toBe('accepted')
    expect(codeOf(() => verifyInclusion(sha256, { ...claim, ...change }))).toBe(code)
  })
})

describe('M2 consistency, every pair of sizes', () => {
  // Libraries differ here: the empty tree is a prefix of every tree, as a witness takes it.
  it('takes the empty tree as a prefix, with an empty proof and the root of nothing only', () => {
    const claim = { size1: 0, size2: 1, root1: emptyRoot(sha256), root2: root(1), proof: [] }
    expect(codeOf(() => verifyConsistency(sha256, claim))).toBe('accepted')
    expect(codeOf(() => verifyConsistency(sha256, { ...claim, proof: [root(1)] }))).toBe('proof_length')
    expect(codeOf(() => verifyConsistency(sha256, { ...claim, root1: root(1) }))).toBe('root_mismatch')
  })

  it(`verifies all proofs of trees up to ${most}, and no other size or root`, async () => {
    for (let size2 = 0; size2 <= most; size2 += 1) {
      for (let size1 = 0; size1 <= size2; size1 += 1) {
        const proof = await proveConsistency(sha256, read, size1, size2)
        const claim = { size1, size2, root1: root(size1), root2: root(size2), proof }
        expect(codeOf(() => verifyConsistency(sha256, claim))).toBe('accepted')
        expect(codeOf(() => verifyConsistency(sha256, { ...claim, proof: [...proof, leaf(0)] }))).toBe('proof_length')
        if (size1 > 0) expect(codeOf(() => verifyConsistency(sha256, { ...claim, root1: root(size1 - 1) }))).not.toBe('accepted')
        if (size1 > 0 && size1 < size2) {
          expect(codeOf(() => verifyConsistency(sha256, { ...claim, root2: root(size1) }))).not.toBe('accepted')
          expect(codeOf(() => verifyConsistency(sha256, { ...claim, proof: proof.slice(1) }))).not.toBe('accepted')
        }
        expect(codeOf(() => verifyConsistency(sha256, { ...claim, size1: size2 + 1 }))).toBe('out_of_range')
      }
    }
  })

  it('refuses every proof with a flipped bit', async () => {
    for (const size2 of [2, 3, 7, 8, 13, 33, most]) {
      for (let size1 = 1; size1 < size2; size1 += 1) {
        const proof = await proveConsistency(sha256, read, size1, size2)
        const claim = { size1, size2, root1: root(size1), root2: root(size2) }
        for (const changed of flipped(proof))
          expect(codeOf(() => verifyConsistency(sha256, { ...claim, proof: changed }))).toBe('root_mismatch')
      }
    }
  })
})
