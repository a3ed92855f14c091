import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeVectors } from '../test/support/vectors.ts'
import { verifyCheckpoint } from './checkpoint.ts'
import { parseVerifierKey } from './note.ts'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './proof.ts'
import { sha256 } from './sha256-node.ts'
import { nodesFromTiles, splitTile, type TileReader, tileAt, tilePath } from './tile.ts'
import { hashLeaf, rootOfLeaves } from './tree.ts'

const key = parseVerifierKey(sha256, 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx')
const words = 'one two three four five six seven eit nain ten ileven twelf threeten fourten fivten'.split(' ')
const sizes = Array.from({ length: 16 }, (_, size) => size)

describeVectors('tessera/log', 'M2 a log that others signed (tessera testdata)', (folder) => {
  const checkpointOf = (size: number) => verifyCheckpoint(readFileSync(join(folder, `checkpoint.${size}`), 'utf8'), [key])
  const readTile: TileReader = async (tile) => new Uint8Array(readFileSync(join(folder, tilePath(tile))))

  it.each(sizes)('checkpoint of %i leaves: signature, root of the words, root of the tile', async (size) => {
    const { root, ...checkpoint } = await checkpointOf(size)
    expect(checkpoint).toEqual({ origin: 'example.com/log/testdata', size })
    const leaves = words.slice(0, size).map((word) => hashLeaf(sha256, new TextEncoder().encode(word)))
    expect(Buffer.from(rootOfLeaves(sha256, leaves))).toEqual(Buffer.from(root))
    const tile = tileAt(0, 0, size)
    if (tile) expect(splitTile(await readTile(tile), size).map((hash) => Buffer.from(hash))).toEqual(leaves)
  })

  it.each(sizes.slice(1))('proofs out of its tiles lead to its roots, at %i leaves', async (size) => {
    const { root } = await checkpointOf(size)
    const read = nodesFromTiles(sha256, readTile, size)
    for (let index = 0; index < size; index += 1) {
      const leafHash = hashLeaf(sha256, new TextEncoder().encode(words[index]))
      verifyInclusion(sha256, { index, size, leafHash, proof: await proveInclusion(sha256, read, index, size), expectedRoot: root })
    }
    for (let size1 = 0; size1 <= size; size1 += 1) {
      const { root: root1 } = await checkpointOf(size1)
      verifyConsistency(sha256, { size1, size2: size, root1, root2: root, proof: await proveConsistency(sha256, read, size1, size) })
    }
  })
})
