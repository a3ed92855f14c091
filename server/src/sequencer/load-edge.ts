import { sha256 } from '@countersign/log/sha256-node.ts'
import { type Edge, rootOfTile, splitTile, tileWidth } from '@countersign/log/tile.ts'
import { readLeaves } from '../audit/tree-reader.ts'
import type { Store } from '../store/open.ts'

/** A condition in which nothing more may be sequenced or signed until a person has looked. */
export class Stop extends Error {
  override name = 'Stop'
}

/** Rebuilds the growing edge of the tree of `size` entries from the tables. */
export const loadEdge = async (store: Pick<Store, 'db'>, size: number): Promise<Edge> => {
  const levels: Uint8Array[][] = [await readLeaves(store, size - (size % tileWidth), size)]
  for (let level = 1; Math.floor(size / tileWidth ** level) > 0; level += 1) {
    const count = Math.floor(size / tileWidth ** level)
    const rows = await store.db
      .selectFrom('log_tiles')
      .select('hashes')
      .where('level', '=', level - 1)
      .where('tile_index', '>=', String(count - (count % tileWidth)))
      .where('tile_index', '<', String(count))
      .orderBy('tile_index')
      .execute()
    levels[level] = rows.map(({ hashes }) => rootOfTile(sha256, splitTile(hashes, tileWidth)))
  }
  const isWhole = levels.every((row, level) => row.length === Math.floor(size / tileWidth ** level) % tileWidth)
  if (!isWhole) throw new Stop(`The log should have ${size} entries, but some of its entries or tiles are missing.`)
  return { size, levels }
}
