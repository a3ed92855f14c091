import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeVectors } from '../test/support/vectors.ts'
import { LogError } from './errors.ts'
import { verifyConsistency, verifyInclusion } from './proof.ts'
import { sha256 } from './sha256-node.ts'

const bytes = (text: string | null): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64'))

type Common = { proof: string[] | null; desc: string; wantErr: boolean }
type InclusionVector = Common & { leafIdx: number; treeSize: number; root: string; leafHash: string }
type ConsistencyVector = Common & { size1: number; size2: number; root1: string; root2: string }

const isRefused = (work: () => void): boolean => {
  try {
    work()
    return false
  } catch (error) {
    if (error instanceof LogError) return true
    throw error
  }
}

describeVectors('merkle', 'M2 the vectors of transparency-dev/merkle', (folder) => {
  const vectorsIn = <T>(kind: string): [string, T][] =>
    readdirSync(join(folder, kind), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => [name, JSON.parse(readFileSync(join(folder, kind, name), 'utf8')) as T])

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
})
