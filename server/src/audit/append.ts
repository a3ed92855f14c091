import { sha256 } from '@countersign/log/sha256-node.ts'
import { appendToEdge, type Edge } from '@countersign/log/tile.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import type { CheckedEvent } from './check-event.ts'
import { entryColumnNames, entryColumns } from './entry-columns.ts'

/** An edge that can be appended to without changing the one it came from: a tick that fails leaves no trace. */
export const copyEdge = ({ size, levels }: Edge): Edge => ({ size, levels: levels.map((row) => [...row]) })

/** Appends events to the log in the caller's transaction: their entries and the tiles that became full. Answers the new edge. */
export const appendEvents = async (tx: Kysely<Tables>, edge: Edge, events: readonly CheckedEvent[]): Promise<Edge> => {
  const columns = events.map(({ event }) => entryColumns(event))
  const texts = entryColumnNames.map((name) => sql`${columns.map((row) => row[name])}::text[]`)
  const inserting = sql`
    insert into log_entries (log_index, event_n, leaf_hash, ${sql.join(entryColumnNames.map((name) => sql.ref(name)))})
    select ${edge.size}::bigint + place - 1, n, leaf_hash, event_id, occurred_at::timestamptz, action, category, result, actor_id,
           tenant_id, target_kind, target_id, session_id, request_id, ticket
    from unnest(${events.map(({ n }) => n)}::bigint[], ${events.map(({ leafHash }) => leafHash)}::bytea[], ${sql.join(texts)})
      with ordinality as entry (n, leaf_hash, ${sql.join(entryColumnNames.map((name) => sql.ref(name)))}, place)`.execute(tx)
  // The tree grows here while the database inserts.
  const next = copyEdge(edge)
  const full = appendToEdge(
    sha256,
    next,
    events.map(({ leafHash }) => leafHash),
  )
  await inserting
  if (full.length > 0) {
    await tx
      .insertInto('log_tiles')
      .values(full.map(({ level, index, hashes }) => ({ level, tile_index: index, hashes: Buffer.concat(hashes) })))
      .execute()
  }
  return next
}
