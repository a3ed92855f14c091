import { LogError } from './errors.ts'
import { appendLeaf, emptyFrontier, foldNodes, type Hash, hashLength, hashNode, rootOf } from './tree.ts'

/** Hashes in a full tile (C2SP tlog-tiles). */
export const tileWidth = 256
const tileHeight = 8
const maxLevel = 63

/** A tile: hashes `index * 256 … + width` of level `level`, each the root of 256^level leaves. */
export type Tile = { level: number; index: number; width: number }

/** Where a tile is served: `tile/0/x001/067`, a partial one with `.p/<width>` (C2SP tlog-tiles, "Merkle Tree"). */
export const tilePath = ({ level, index, width }: Tile): string => {
  const groups = [String(index % 1000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  return `tile/${level}/${groups.join('/')}${width === tileWidth ? '' : `.p/${width}`}`
}

/** Reads a tile's path back; only the one spelling that `tilePath` gives is accepted. */
export const parseTilePath = (path: string): Tile => {
  const parts = /^tile\/(0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path)
  if (!parts) throw new LogError('malformed_tile')
  const level = Number(parts[1])
  const index = Number((parts[2] as string).replaceAll(/[x/]/g, ''))
  const tile = { level, index, width: parts[3] === undefined ? tileWidth : Number(parts[3]) }
  if (level > maxLevel || tile.width > tileWidth || !Number.isSafeInteger(index) || tilePath(tile) !== path)
    throw new LogError('malformed_tile')
  return tile
}

/** How many leaves a tree has at least that has this tile. */
export const tileEnd = ({ level, index, width }: Tile): number => (index * tileWidth + width) * tileWidth ** level

/** The tile at a place in a tree of this size, as wide as it is there; undefined where there is none. */
export const tileAt = (level: number, index: number, size: number): Tile | undefined => {
  const width = Math.min(Math.floor(size / tileWidth ** level) - index * tileWidth, tileWidth)
  return width > 0 ? { level, index, width } : undefined
}

/** Every tile of a tree of this size, level by level. */
export const tilesOf = function* (size: number): Generator<Tile> {
  for (let level = 0; ; level += 1) {
    const hashes = Math.floor(size / tileWidth ** level)
    if (hashes === 0) return
    for (let index = 0; index * tileWidth < hashes; index += 1) yield tileAt(level, index, size) as Tile
  }
}

/** The hashes of a tile's bytes. */
export const splitTile = (bytes: Uint8Array, width: number): Uint8Array[] => {
  if (bytes.length !== width * hashLength) throw new LogError('malformed_tile')
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * hashLength, (at + 1) * hashLength))
}

/** Root of a full tile: what stands for it one level up. */
export const rootOfTile = (hash: Hash, hashes: readonly Uint8Array[]): Uint8Array => {
  let row = hashes
  while (row.length > 1) {
    const above: Uint8Array[] = []
    for (let at = 0; at < row.length; at += 2) above.push(hashNode(hash, row[at] as Uint8Array, row[at + 1] as Uint8Array))
    row = above
  }
  return row[0] as Uint8Array
}

/** The growing end of a tiled tree: at each level the hashes of its one partial tile. */
export type Edge = { size: number; levels: Uint8Array[][] }

export type FullTile = { level: number; index: number; hashes: Uint8Array[] }

/** Appends leaf hashes, in place, and answers the tiles that became full. */
export const appendToEdge = (hash: Hash, edge: Edge, leaves: readonly Uint8Array[]): FullTile[] => {
  const full: FullTile[] = []
  for (const leaf of leaves) {
    edge.size += 1
    let node = leaf
    for (let level = 0; ; level += 1) {
      edge.levels[level] ??= []
      const row = edge.levels[level] as Uint8Array[]
      row.push(node)
      if (row.length < tileWidth) break
      edge.levels[level] = []
      full.push({ level, index: edge.size / tileWidth ** (level + 1) - 1, hashes: row })
      node = rootOfTile(hash, row)
    }
  }
  return full
}

/** Root of the tree that ends in this edge. */
export const rootOfEdge = (hash: Hash, edge: Edge): Uint8Array => {
  const nodes = edge.levels.toReversed().flatMap((row) => {
    const frontier = emptyFrontier()
    for (const node of row) appendLeaf(hash, frontier, node)
    return frontier.hashes
  })
  return foldNodes(hash, nodes)
}

/** Reads the bytes of a tile: from a table, a folder or an address. */
export type TileReader = (tile: Tile) => Promise<Uint8Array>

/** A node of the tree: root of the perfect subtree over leaves `index * 2^level … (index + 1) * 2^level`. */
export type Node = { level: number; index: number }

/** Reads nodes of a tree of a given size, in the order asked for. */
export type NodeReader = (nodes: readonly Node[]) => Promise<Uint8Array[]>

/** Reads nodes out of tiles: each tile once for all the nodes that lie in it. */
export const nodesFromTiles =
  (hash: Hash, readTile: TileReader, size: number): NodeReader =>
  async (nodes) => {
    const tiles = new Map<string, Promise<Uint8Array[]>>()
    const rows = nodes.map(({ level, index }) => {
      const tileLevel = Math.floor(level / tileHeight)
      const span = 2 ** (level % tileHeight)
      const tile = tileAt(tileLevel, Math.floor((index * span) / tileWidth), size)
      const start = (index * span) % tileWidth
      if (!tile || start + span > tile.width) throw new LogError('out_of_range')
      const path = tilePath(tile)
      const hashes = tiles.get(path) ?? readTile(tile).then((bytes) => splitTile(bytes, tile.width))
      tiles.set(path, hashes)
      return { hashes, start, end: start + span }
    })
    return await Promise.all(
      rows.map(async ({ hashes, start, end }) => {
        const frontier = emptyFrontier()
        for (const node of (await hashes).slice(start, end)) appendLeaf(hash, frontier, node)
        return rootOf(hash, frontier)
      }),
    )
  }
