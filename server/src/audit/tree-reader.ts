import { sha256 } from '@countersign/log/sha256-node.ts'
import {
  type NodeReader,
  nodesFromTiles,
  rootOfTile,
  splitTile,
  type Tile,
  type TileReader,
  tileAt,
  tileWidth,
} from '@countersign/log/tile.ts'
import type { Store } from '../store/open.ts'

type Reader = Pick<Store, 'db'>

/** What the sequencer last committed. */
export const readLogSize = async ({ db }: Reader): Promise<number> =>
  Number((await db.selectFrom('log_sequencer').select('size').executeTakeFirstOrThrow()).size)

/** Leaf hashes of entries `from` to `to` (exclusive), in order. */
export const readLeaves = async ({ db }: Reader, from: number, to: number): Promise<Buffer[]> => {
  const rows = await db
    .selectFrom('log_entries')
    .select('leaf_hash')
    .where('log_index', '>=', String(from))
    .where('log_index', '<', String(to))
    .orderBy('log_index')
    .execute()
  return rows.map(({ leaf_hash }) => leaf_hash)
}

/** Canonical bodies of entries `from` to `to` (exclusive), in order. */
export const readEntries = async ({ db }: Reader, from: number, to: number): Promise<string[]> => {
  const rows = await db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select('event.body')
    .where('entry.log_index', '>=', String(from))
    .where('entry.log_index', '<', String(to))
    .orderBy('entry.log_index')
    .execute()
  return rows.map(({ body }) => body)
}

/** Hashes of a partial tile above level 0: the roots of the full tiles below it. */
const readAbove = async ({ db }: Reader, { level, index, width }: Tile): Promise<Uint8Array[]> => {
  const rows = await db
    .selectFrom('log_tiles')
    .select(['tile_index', 'hashes'])
    .where('level', '=', level - 1)
    .where('tile_index', '>=', String(index * tileWidth))
    .where('tile_index', '<', String(index * tileWidth + width))
    .orderBy('tile_index')
    .execute()
  return rows.map(({ hashes }) => rootOfTile(sha256, splitTile(hashes, tileWidth)))
}

/**
 * The bytes of a tile, full or partial (C2SP tlog-tiles); undefined where the log does not hold it. Full tiles are stored;
 * partial ones are made from the entries or the full tiles below.
 */
export const readTile = async (store: Reader, level: number, index: number, width: number): Promise<Buffer | undefined> => {
  const full = await store.db
    .selectFrom('log_tiles')
    .select('hashes')
    .where('level', '=', level)
    .where('tile_index', '=', String(index))
    .executeTakeFirst()
  if (full) return full.hashes.subarray(0, width * 32)
  const present = tileAt(level, index, await readLogSize(store))
  if (!present || present.width < width) return undefined
  const hashes =
    level === 0 ? await readLeaves(store, index * tileWidth, index * tileWidth + width) : await readAbove(store, { level, index, width })
  return hashes.length === width ? Buffer.concat(hashes) : undefined
}

/** Tiles of the running log, for proofs. */
export const tileReader =
  (store: Reader): TileReader =>
  async ({ level, index, width }) => {
    const bytes = await readTile(store, level, index, width)
    if (!bytes) throw new Error(`tile ${level}/${index} of width ${width} is missing`)
    return bytes
  }

/** Nodes of the tree of the first `size` entries, for proveInclusion and proveConsistency. */
export const nodeReader = (store: Reader, size: number): NodeReader => nodesFromTiles(sha256, tileReader(store), size)
