import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { appendToEdge, type Edge, type FullTile } from '@countersign/log/tile.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import type { CheckedEvent } from './check-event.ts'
import { entryColumnNames, entryColumns } from './entry-columns.ts'

/** An edge that can be appended to without changing the one it came from: a tick that fails leaves no trace. */
export const copyEdge = ({ size, levels }: Edge): Edge => ({ size, levels: levels.map((row) => [...row]) })

const toLines = (values: readonly (string | null)[]): string => values.map((value) => value ?? '').join('\n')

/** Inserts the entries of events whose place in the log begins at `from`. A column is handed over as lines, an empty one is null. */
const insertEntries = async (tx: Kysely<Tables>, from: number, events: readonly CheckedEvent[]): Promise<void> => {
  const columns = events.map(({ event }) => entryColumns(event))
  const names = sql.join(entryColumnNames.map((name) => sql.ref(name)))
  const lines = entryColumnNames.map((name) => sql`string_to_array(${toLines(columns.map((row) => row[name]))}, E'\\n', '')`)
  await sql`
    insert into log_entries (log_index, event_n, leaf_hash, ${names})
    select ${from}::bigint + place - 1, n::bigint, substring(${Buffer.concat(events.map(({ leafHash }) => leafHash))}::bytea from place::int * 32 - 31 for 32),
           event_id, occurred_at::timestamptz, action, category, result, actor_id, tenant_id, target_kind, target_id, session_id, request_id, ticket
    from unnest(string_to_array(${toLines(events.map(({ n }) => n))}, E'\\n'), ${sql.join(lines)})
      with ordinality as entry (n, ${names}, place)`.execute(tx)
}

const insertTiles = async (tx: Kysely<Tables>, tiles: readonly FullTile[]): Promise<void> => {
  if (tiles.length === 0) return
  const values = tiles.map(({ level, index, hashes }) => ({ level, tile_index: index, hashes: Buffer.concat(hashes) }))
  await tx.insertInto('log_tiles').values(values).execute()
}

/**
 * Appends events to the log in the caller's transaction: their entries, and the tiles that became full. Statements are sent
 * without waiting for the one before, so that the database works while the next events are judged here; `done` waits for all.
 */
export const createAppender = (tx: Kysely<Tables>, edge: Edge) => {
  const next = copyEdge(edge)
  let sent: Promise<void> = Promise.resolve()
  const send = (statement: Promise<void>): void => {
    sent = Promise.all([sent, statement]).then(() => {})
    sent.catch(() => {}) // told by whoever waits next
  }
  return {
    async append(events: readonly CheckedEvent[]): Promise<void> {
      if (events.length === 0) return
      await sent
      send(insertEntries(tx, next.size, events))
      await yieldToOthers() // the statement leaves before the work below begins
      const leaves = events.map(({ leafHash }) => leafHash)
      send(insertTiles(tx, appendToEdge(sha256, next, leaves)))
    },
    async done(): Promise<Edge> {
      await sent
      return next
    },
  }
}
