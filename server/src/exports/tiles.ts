import { sha256 } from '@countersign/log/sha256-node.ts'
import { type NodeReader, nodesFromTiles, tilePath } from '@countersign/log/tile.ts'
import { LRUCache } from 'lru-cache'
import { tileReader } from '../audit/tree-reader.ts'
import type { Store } from '../store/open.ts'

/** 8 MB: a proof goes through the tree from left to right, and comes back to the upper levels only. */
const tilesMaximum = 1024

/** Nodes of the tree of a given size, each tile read once as long as it is remembered. */
export const rememberingNodes = (store: Pick<Store, 'db'>, size: number): NodeReader => {
  const read = tileReader(store)
  const tiles = new LRUCache<string, Promise<Uint8Array>>({ max: tilesMaximum })
  return nodesFromTiles(
    sha256,
    (tile) => {
      const path = tilePath(tile)
      const known = tiles.get(path) ?? read(tile)
      tiles.set(path, known)
      return known
    },
    size,
  )
}
