import type { Event } from '@countersign/contract/events.ts'
import { formatBase64 } from '@countersign/log/bytes.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { createTallies, readReplacements, type Tallies, tallied, tenantOf } from '@countersign/log/tallies.ts'
import type { Tally, TallyEntry } from '@countersign/log/tally.ts'
import { type Edge, rootOfEdge } from '@countersign/log/tile.ts'
import { hashLeaf } from '@countersign/log/tree.ts'
import { type Kysely, sql } from 'kysely'
import type { CheckedEvent } from '../audit/check-event.ts'
import { readEntryRows } from '../audit/entry-rows.ts'
import { draftEvent, nowText } from '../audit/record.ts'
import type { Keys } from '../keys.ts'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { createAppender } from './append.ts'
import { Stop } from './load-edge.ts'

/*
 * Before a checkpoint is signed one entry says what the log has of each tenant up to there. It is computed from the entries' own
 * bytes, as they were judged when they were taken: never from a column that a query sees, which somebody with SQL could change.
 */

/** What an entry means for the tallies: whose it is, or that ids are another tenant's from here on. */
export type TallyMark = {
  index: number
  leafHash: Uint8Array
  event: Pick<Event, 'id' | 'occurred_at' | 'tenant_id' | 'action' | 'details'>
}

const concerns = (event: TallyMark['event']): boolean => tenantOf(event) !== undefined || readReplacements(0, event).length > 0

/** Of entries that were taken, whose place begins at `from`, those that tallies go by. */
export const marksOf = (from: number, taken: readonly CheckedEvent[]): TallyMark[] =>
  taken.flatMap(({ event, leafHash }, at) => {
    if (!concerns(event)) return []
    const { id, occurred_at, tenant_id, action } = event
    const details = tenant_id === undefined ? event.details : undefined
    return [{ index: from + at, leafHash, event: { id, occurred_at, tenant_id, action, details } as TallyMark['event'] }]
  })

/** How far tallies were put on the log, and what came since. */
export type TallyState = { tallies: Tallies; size: number; marks: TallyMark[] }

const readMarks = async (db: Kysely<Tables>, from: number): Promise<TallyMark[]> => {
  const marks: TallyMark[] = []
  for (let rows = await readEntryRows(db, from); rows.length > 0; rows = await readEntryRows(db, Number(rows.at(-1)?.log_index) + 1)) {
    const taken = rows.map(({ event_n: n, body, leaf_hash }) => ({ n, event: JSON.parse(body ?? '{}') as Event, leafHash: leaf_hash }))
    marks.push(...marksOf(Number(rows[0]?.log_index), taken))
  }
  return marks
}

/** The newest entry that says what the log has of its tenants. */
export const findTallied = async (db: Kysely<Tables>): Promise<{ index: number; body: string; leafHash: Buffer } | undefined> => {
  const row = await db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select(['entry.log_index', 'entry.leaf_hash', 'event.body'])
    .where('entry.action', '=', tallied)
    .orderBy('entry.log_index', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { index: Number(row.log_index), body: row.body, leafHash: row.leaf_hash }
}

/** Whether this is the entry whose hash is in the tree, and the map has the root that it says. */
const holds = ({ body, leafHash }: NonNullable<Awaited<ReturnType<typeof findTallied>>>, root: Uint8Array): boolean =>
  leafHash.equals(hashLeaf(sha256, Buffer.from(body))) &&
  (JSON.parse(body) as { details: { root: string } }).details.root === formatBase64(root)

/** Reads the tallies as they were put on the log last, and what was taken since. Stops where they are not those of the log. */
export const loadTallies = async ({ db }: Pick<Store, 'db'>): Promise<TallyState> => {
  const tallies = createTallies(sha256)
  const rows = await db.selectFrom('log_tallies').selectAll().execute()
  for (const { tenant_id, count, ...tally } of rows) tallies.restore(tenant_id, { ...tally, count: Number(count) })
  const newest = await findTallied(db)
  if (newest ? !holds(newest, tallies.root()) : rows.length > 0)
    throw new Stop('What is kept of how many events each tenant has is not what the log says: it was changed.')
  const size = newest ? newest.index + 1 : 0
  return { tallies, size, marks: await readMarks(db, size) }
}

/** Those of a tenant's entries before an index that are its own although they stand before the entry that gives it the id. */
const readOwn = async ({ db }: Pick<Store, 'db'>, tenant: string, since: string, before: number): Promise<TallyEntry[]> => {
  const rows = await db
    .selectFrom('log_entries')
    .select(['leaf_hash', 'event_id'])
    .where('tenant_id', '=', tenant)
    .where(sql<boolean>`occurred_at >= ${since}::timestamptz`)
    .where('log_index', '<', String(before))
    .orderBy('log_index')
    .execute()
  return rows.map(({ leaf_hash, event_id }) => ({ leafHash: leaf_hash, id: event_id }))
}

const applyMarks = async (store: Pick<Store, 'db'>, { tallies, marks }: TallyState): Promise<void> => {
  for (const { index, leafHash, event } of marks) {
    for (const { tenant, since } of readReplacements(index, event)) tallies.begin(tenant, since, await readOwn(store, tenant, since, index))
    const tenant = tenantOf(event)
    if (tenant !== undefined) tallies.add(tenant, { leafHash, id: event.id, occurred_at: event.occurred_at })
  }
}

const writeTallies = async (
  tx: Kysely<Tables>,
  changed: readonly [string, Tally][],
  nodes: ReadonlyMap<string, Uint8Array | undefined>,
) => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  await sql`
    insert into log_tallies (tenant_id, count, place, chain, since)
    select tenant_id, count, decode(place, 'hex'), decode(chain, 'hex'), since
    from unnest(${changed.map(([tenant]) => tenant)}::text[], ${changed.map(([, { count }]) => count)}::bigint[],
                ${changed.map(([, { place }]) => hex(place))}::text[], ${changed.map(([, { chain }]) => hex(chain))}::text[],
                ${changed.map(([, { since }]) => since)}::text[]) as changed (tenant_id, count, place, chain, since)
    on conflict (tenant_id) do update
      set count = excluded.count, place = excluded.place, chain = excluded.chain, since = excluded.since`.execute(tx)
  const written = [...nodes].filter((pair): pair is [string, Uint8Array] => pair[1] !== undefined)
  await sql`
    insert into log_tally_nodes (path, hash)
    select path, decode(hash, 'hex') from unnest(${written.map(([path]) => path)}::text[], ${written.map(([, hash]) => hex(hash))}::text[])
      as written (path, hash)
    on conflict (path) do update set hash = excluded.hash`.execute(tx)
  const gone = [...nodes].filter(([, hash]) => hash === undefined).map(([path]) => path)
  if (gone.length > 0) await sql`delete from log_tally_nodes where path = any(${gone}::text[])`.execute(tx)
}

type Needs = { store: Store; keys: Pick<Keys, 'event'>; origin: string }

/**
 * Writes the event that holds the root, as what it is in the log at once. It takes its number from its place, below zero: the
 * sequence's numbers are those of events whose order is still to be found.
 */
const writeRoot = async (tx: Kysely<Tables>, { keys, origin }: Needs, size: number, root: Uint8Array): Promise<CheckedEvent> => {
  const { head, tail, mac } = draftEvent(keys.event, {
    action: tallied,
    result: 'ok',
    actor: { kind: 'system', id: 'sequencer' },
    target: { kind: 'log', id: origin },
    details: { form: 1, root: formatBase64(root), size },
  })
  const { rows } = await sql<{ n: string; body: string }>`
    insert into events (n, body, mac) values (${-size}, ${head} || ${sql.raw(nowText)} || ${tail}, ${mac}) returning n, body`.execute(tx)
  const { n, body } = rows[0] as { n: string; body: string }
  return { n, event: JSON.parse(body) as Event, leafHash: hashLeaf(sha256, Buffer.from(body)) }
}

/** Puts on the log what it has of each tenant up to here: tallies, map and entry in one transaction that holds the lease. */
export const tallyLog = async (needs: Needs, lease: Lease, state: TallyState, edge: Edge): Promise<{ edge: Edge; state: TallyState }> => {
  const { store } = needs
  await applyMarks(store, state)
  const changed = state.tallies.takeChanged()
  const nodes = new Map<string, Uint8Array | undefined>()
  const root = state.tallies.root((path, hash) => nodes.set(path, hash))
  const next = await transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const { size } = await tx.selectFrom('log_sequencer').select('size').executeTakeFirstOrThrow()
    if (Number(size) !== edge.size) throw new Stop(`The database says that the log has ${size} entries, the tree has ${edge.size}.`)
    if (changed.length > 0) await writeTallies(tx, changed, nodes)
    const appender = createAppender(tx, edge)
    await appender.append([await writeRoot(tx, needs, edge.size, root)])
    const grown = await appender.done()
    await tx
      .updateTable('log_sequencer')
      .set({ size: grown.size, root: Buffer.from(rootOfEdge(sha256, grown)) })
      .execute()
    return grown
  })
  return { edge: next, state: { tallies: state.tallies, size: next.size, marks: [] } }
}
