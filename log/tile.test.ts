import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from './sha256-node.ts'
import {
  appendToEdge,
  type Edge,
  nodesFromTiles,
  parseTilePath,
  rootOfEdge,
  splitTile,
  type TileReader,
  tileAt,
  tilePath,
  tilesOf,
  tileWidth,
} from './tile.ts'
import { hashLeaf, rootOfLeaves } from './tree.ts'

const leaves = Array.from({ length: 70_000 }, (_, at) => hashLeaf(sha256, new Uint8Array([at & 255, at >> 8, at >> 16])))

describe('M2 tiles (C2SP tlog-tiles)', () => {
  it('names them as the specification does', () => {
    expect(tilePath({ level: 0, index: 1234067, width: 256 })).toBe('tile/0/x001/x234/067')
    expect(tilePath({ level: 0, index: 1067, width: 256 })).toBe('tile/0/x001/067')
    expect(tilePath({ level: 1, index: 0, width: 17 })).toBe('tile/1/000.p/17')
    const made = [...tilesOf(70_000)].map(({ level, width }) => [level, width])
    expect(made.filter(([level, width]) => level === 0 && width === 256)).toHaveLength(273)
    expect(made.slice(273)).toEqual([
      [0, 112],
      [1, 256],
      [1, 17],
      [2, 1],
    ])
    expect([...tilesOf(256)].map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1'])
  })

  it('reads back every path that it makes', () => {
    const tile = fc.record({ level: fc.integer({ min: 0, max: 63 }), index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) })
    fc.assert(
      fc.property(tile, (given) => {
        expect(parseTilePath(tilePath(given))).toEqual(given)
      }),
    )
  })

  it.each([
    'tile/0/0',
    'tile/0/0000',
    'tile/00/000',
    'tile/64/000',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/-1/000',
    'tile/entries/000',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/../000',
    'tile/0/x999/x999/x999/x999/x999/999',
  ])('refuses %s', (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'malformed_tile' }))
  })

  it('grows the edge of a tree to the same root and tiles, however the leaves arrive', () => {
    for (const [total, step] of [
      [0, 1],
      [1, 1],
      [255, 7],
      [256, 256],
      [257, 100],
      [1000, 999],
      [70_000, 4096],
    ] as const) {
      const edge: Edge = { size: 0, levels: [] }
      const full = []
      for (let at = 0; at < total; at += step) full.push(...appendToEdge(sha256, edge, leaves.slice(at, Math.min(at + step, total))))
      expect(edge.size).toBe(total)
      expect(rootOfEdge(sha256, edge)).toEqual(rootOfLeaves(sha256, leaves.slice(0, total)))
      const expected = [...tilesOf(total)].filter(({ width }) => width === tileWidth).map(tilePath)
      expect(full.map(({ level, index }) => tilePath({ level, index, width: tileWidth })).sort()).toEqual(expected.sort())
    }
  })

  it('answers every node of a tree out of its tiles', async () => {
    const size = 1000
    const readTile: TileReader = async ({ level, index, width }) =>
      Buffer.concat(
        Array.from({ length: width }, (_, at) => {
          const from = (index * tileWidth + at) * tileWidth ** level
          return rootOfLeaves(sha256, leaves.slice(from, from + tileWidth ** level))
        }),
      )
    const read = nodesFromTiles(sha256, readTile, size)
    for (let level = 0; 2 ** level <= size; level += 1) {
      const nodes = Array.from({ length: Math.floor(size / 2 ** level) }, (_, index) => ({ level, index }))
      const expected = nodes.map(({ index }) => rootOfLeaves(sha256, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)))
      expect(await read(nodes)).toEqual(expected)
      await expect(read([{ level, index: nodes.length }])).rejects.toMatchObject({ code: 'out_of_range' })
    }
  })

  it('refuses a tile of another length', () => {
    expect(() => splitTile(new Uint8Array(63), 2)).toThrow(expect.objectContaining({ code: 'malformed_tile' }))
    expect(tileAt(0, 4, 1024)).toBeUndefined()
  })
})
