import { sha256 } from '@countersign/log/sha256-node.ts'
import { type FullTile, splitTile, type Tile, tileWidth } from '@countersign/log/tile.ts'
import type { ExpectedHead, Finding } from '@countersign/log/verifier.ts'
import { isSigned } from '@countersign/log/verify.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** A stored tile that is not that of the entries: from which of its hashes on, where it is there. */
type Odd = { level: number; index: number; at: number | undefined }

/** Tiles that are kept: enough to see what happened. */
const oddMost = 1000

/** Hashes of nothing, for what nobody knows. */
const nothing = sha256(new Uint8Array(0))

/** The full tiles that lie in the database: compared with those that its entries lead to, and a help where entries are gone. */
export const createStoredTiles = (tx: Kysely<Tables>) => {
  const odd: Odd[] = []

  const read = async ({ level, index, width }: Tile): Promise<Uint8Array | undefined> => {
    const row = await tx
      .selectFrom('log_tiles')
      .select('hashes')
      .where('level', '=', level)
      .where('tile_index', '=', String(index))
      .executeTakeFirst()
    return row?.hashes.subarray(0, width * 32)
  }

  const tellOne = ({ level, index, at }: Odd, provenTo: number): Finding => {
    const span = tileWidth ** (level + 1)
    const exact = index * span + (at ?? 0)
    // Who changed the entries may have changed a tile elsewhere, too: alone it shows no place.
    const isExact = level === 0 && at !== undefined && exact < provenTo
    const place = isExact ? { from: exact, to: exact + 1 } : { from: index * span, to: (index + 1) * span }
    const what = at === undefined ? 'is missing' : 'is not that of the entries'
    return { code: 'tile_mismatch', ...place, reason: `The stored tile ${level}/${index} ${what}.` }
  }

  return {
    async compare(tiles: readonly FullTile[]): Promise<void> {
      if (tiles.length === 0) return
      const { rows } = await sql<{ level: number; tile_index: string; hashes: Buffer }>`
        select level, tile_index, hashes from log_tiles where (level, tile_index) in (
          select * from unnest(${tiles.map(({ level }) => level)}::smallint[], ${tiles.map(({ index }) => index)}::bigint[]))`.execute(tx)
      const stored = new Map(rows.map(({ level, tile_index, hashes }) => [`${level}/${tile_index}`, hashes]))
      for (const { level, index, hashes } of tiles) {
        const bytes = stored.get(`${level}/${index}`)
        if (bytes?.equals(Buffer.concat(hashes)) || odd.length >= oddMost) continue
        const at = bytes && hashes.findIndex((hash, place) => !bytes.subarray(place * 32, place * 32 + 32).equals(hash))
        odd.push({ level, index, at })
      }
    },
    /** Hashes for entries of which there is no row; of nothing where no tile has them. */
    async *readLeaves(from: number, to: number): AsyncGenerator<Uint8Array> {
      for (let index = Math.floor(from / tileWidth); index * tileWidth < to; index += 1) {
        const bytes = await read({ level: 0, index, width: tileWidth })
        const hashes = bytes && splitTile(bytes, tileWidth)
        for (let at = Math.max(from, index * tileWidth); at < Math.min(to, (index + 1) * tileWidth); at += 1)
          yield hashes?.[at % tileWidth] ?? nothing
      }
    },
    /**
     * What is wrong with the tiles. Where the entries depart from a signed head, a tile names one of them only if all tiles up to
     * that head are the signed ones.
     */
    async finish(departed: ExpectedHead | undefined): Promise<Finding[]> {
      if (odd.length === 0) return []
      if (!departed) return odd.map((tile) => tellOne(tile, Number.POSITIVE_INFINITY))
      const areSigned = departed.kind !== 'said' && (await isSigned(sha256, read, departed))
      return odd.map((tile) => tellOne(tile, areSigned ? departed.size : 0))
    },
  }
}
