import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { appendToEdge, type Edge, type FullTile } from '@countersign/log/tile.ts'
import { type Kysely, sql } from 'kysely'
import type { CheckedEvent } from '../audit/check-event.ts'
import { type EntryColumns, entryColumnNames, entryColumns } from '../audit/entry-columns.ts'
import type { Tables } from '../store/tables.ts'

/** An edge that can be appended to without changing the one it came from: a tick that fails leaves no trace. */
export const copyEdge = ({ size, levels }: Edge): Edge => ({ size, levels: levels.map((row) => [...row]) })

const toLines = (values: readonly (string | null)[]): string => values.map((value) => value ?? '').join('\n')

/** What an entry has of its own. The rest it shares with the other events of its session, and is handed over once for all of them. */
const ownColumns = ['event_id', 'occurred_at', 'request_id'] as const satisfies (keyof EntryColumns)[]
const sharedColumns = entryColumnNames.filter((name) => !(ownColumns as readonly string[]).includes(name))

/** Inserts the entries of events whose place in the log begins at `from`. A column is handed over as lines, an empty one is null. */
const insertEntries = async (tx: Kysely<Tables>, from: number, events: readonly CheckedEvent[]): Promise<void> => {
  const rows = events.map(({ event }) => entryColumns(event))
  const shared = new Map<string, { place: number; row: EntryColumns }>()
  const places = rows.map((row) => {
    const name = sharedColumns.map((column) => row[column] ?? '').join('\n')
    const known = shared.get(name)
    if (known) return known.place
    const place = shared.size + 1
    shared.set(name, { place, row })
    return place
  })
  const namesOf = (columns: readonly (keyof EntryColumns)[]) => sql.join(columns.map((column) => sql.ref(column)))
  const linesOf = (given: readonly EntryColumns[], columns: readonly (keyof EntryColumns)[]) =>
    sql.join(columns.map((column) => sql`string_to_array(${toLines(given.map((row) => row[column]))}, E'\\n', '')`))
  await sql`
    insert into log_entries (log_index, event_n, leaf_hash, event_id, occurred_at, request_id, ${namesOf(sharedColumns)})
    select ${from}::bigint + own.place - 1, n::bigint,
           substring(${Buffer.concat(events.map(({ leafHash }) => leafHash))}::bytea from own.place::int * 32 - 31 for 32),
           event_id, occurred_at::timestamptz, request_id, ${namesOf(sharedColumns)}
    from unnest(string_to_array(${toLines(events.map(({ n }) => n))}, E'\\n'), ${linesOf(rows, ownColumns)},
                string_to_array(${places.join(',')}, ',')::int[])
      with ordinality as own (n, ${namesOf(ownColumns)}, shared_place, place)
    join unnest(${linesOf(
      [...shared.values()].map(({ row }) => row),
      sharedColumns,
    )})
      with ordinality as shared (${namesOf(sharedColumns)}, place) on shared.place = own.shared_place`.execute(tx)
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
