import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { LogError } from './errors.ts'
import { verifyConsistency, verifyInclusion } from './proof.ts'
import { sha256 } from './sha256-node.ts'
import { emptyRoot, hashLeaf, rootOfLeaves } from './tree.ts'

const folder = fileURLToPath(new URL('../test/vectors/merkle/', import.meta.url))
const bytes = (text: string | null): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64'))
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

type Common = { proof: string[] | null; desc: string; wantErr: boolean }
type InclusionVector = Common & { leafIdx: number; treeSize: number; root: string; leafHash: string }
type ConsistencyVector = Common & { size1: number; size2: number; root1: string; root2: string }

const vectorsIn = <T>(kind: string): [string, T][] =>
  readdirSync(join(folder, kind), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(folder, kind, name), 'utf8')) as T])

const isRefused = (work: () => void): boolean => {
  try {
    work()
    return false
  } catch (error) {
    if (error instanceof LogError) return true
    throw error
  }
}

describe('M2 the vectors of transparency-dev/merkle', () => {
  const inclusion = vectorsIn<InclusionVector>('inclusion')
  const consistency = vectorsIn<ConsistencyVector>('consistency')

  it('are all here', () => {
    expect([inclusion.length, consistency.length]).toEqual([98, 98])
    expect([...inclusion, ...consistency].filter(([, { wantErr }]) => !wantErr)).toHaveLength(12)
  })

  it.each(inclusion)('inclusion: %s', (_name, { leafIdx, treeSize, root, leafHash, proof, wantErr }) => {
    const claim = { index: leafIdx, size: treeSize, leafHash: bytes(leafHash), proof: (proof ?? []).map(bytes), expectedRoot: bytes(root) }
    expect(isRefused(() => verifyInclusion(sha256, claim))).toBe(wantErr)
  })

  it.each(consistency)('consistency: %s', (_name, { size1, size2, root1, root2, proof, wantErr }) => {
    const claim = { size1, size2, root1: bytes(root1), root2: bytes(root2), proof: (proof ?? []).map(bytes) }
    expect(isRefused(() => verifyConsistency(sha256, claim))).toBe(wantErr)
  })

  // Not in the vectors, and libraries differ: the empty tree is a prefix of every tree, as a witness takes it.
  it('takes the empty tree as a prefix, with an empty proof and the root of nothing only', () => {
    const root2 = hashLeaf(sha256, new Uint8Array(0))
    const claim = { size1: 0, size2: 1, root1: emptyRoot(sha256), root2, proof: [] }
    expect(isRefused(() => verifyConsistency(sha256, claim))).toBe(false)
    expect(isRefused(() => verifyConsistency(sha256, { ...claim, proof: [root2] }))).toBe(true)
    expect(isRefused(() => verifyConsistency(sha256, { ...claim, root1: root2 }))).toBe(true)
  })
})

describe('the constants of transparency-dev/merkle, testonly', () => {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]

  it.each(roots.map((root, size) => [size, root] as const))('root of the first %i leaves', (size, root) => {
    const hashes = leaves.slice(0, size).map((leaf) => hashLeaf(sha256, hex(leaf)))
    expect(rootOfLeaves(sha256, hashes)).toEqual(Buffer.from(root, 'hex'))
  })
})
