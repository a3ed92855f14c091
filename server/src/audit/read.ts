import { createHash } from 'node:crypto'
import { only, parseChoice } from '@countersign/contract/choice.ts'
import type { Actor, EventFilters, NewEvent } from '@countersign/contract/events.ts'
import { hideTyped } from '@countersign/contract/secrets.ts'
import canonicalize from 'canonicalize'
import type { Kysely } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import type { Journal } from './record.ts'

/** For how long turning pages, or taking a stream up again, belongs to the read that is on the record. */
const goesOnMilliseconds = 600_000
const readsMaximum = 10_000

/** Who reads, and in which sign-in. */
export type Reader = { actor: Actor; sign_in: string }

/** Where a read goes on: before an index (the next page of a list) or after one (a stream that is taken up again). */
export type Continuation = { before: number } | { after: number }

/**
 * What each sign-in was recorded reading lately. It is what we have recorded ourselves, never what a caller brings: a cursor or
 * a Last-Event-ID is only a number. What is forgotten here is recorded once more.
 */
export const newReads = (clock?: { now(): number }) => {
  const recorded = new LRUCache<string, true>({
    max: readsMaximum,
    ttl: goesOnMilliseconds,
    ttlResolution: 0,
    ...(clock ? { perf: clock } : {}),
  })
  const keyOf = ({ sign_in }: Reader, filters: EventFilters): string =>
    createHash('sha256')
      .update(canonicalize({ sign_in, filters }) as string)
      .digest('base64')
  return {
    has: (reader: Reader, filters: EventFilters): boolean => recorded.has(keyOf(reader, filters)),
    add: (reader: Reader, filters: EventFilters): void => {
      recorded.set(keyOf(reader, filters), true)
    },
  }
}
/** What was looked for, without secrets that were typed where an id belongs. */
export const hideFilters = (filters: EventFilters): EventFilters =>
  Object.fromEntries(Object.entries(filters).map(([name, value]) => [name, hideTyped(value)])) as EventFilters

export type Reads = ReturnType<typeof newReads>

/** The tenant and the session that a read names, where it names one. */
export const namedBy = ({ tenant_id, session_id }: EventFilters) => {
  const one = (text: string | undefined) => {
    const { any = [] } = (text !== undefined && parseChoice(text)) || {}
    return any.length === 1 ? any[0] : undefined
  }
  return { tenant_id: one(tenant_id), session_id: one(session_id) }
}

/** What a read is narrowed to: tenants, or the tenants of sessions, each with what it may hear of it. */
const narrowedTo = async (db: Kysely<Tables>, { tenant_id, session_id }: EventFilters): Promise<Map<string, EventFilters>> => {
  const tenants = (tenant_id !== undefined && parseChoice(tenant_id)?.any) || []
  if (tenants.length > 0) return new Map(tenants.map((id) => [id, { tenant_id: only(id) }]))
  const sessions = (session_id !== undefined && parseChoice(session_id)?.any) || []
  if (sessions.length === 0) return new Map()
  const rows = await db.selectFrom('support_sessions').select(['id', 'tenant_id']).where('id', 'in', sessions).execute()
  const byTenant = Map.groupBy(rows, (row) => row.tenant_id)
  return new Map([...byTenant].map(([id, own]) => [id, { session_id: own.map((row) => row.id).join(',') }]))
}

/** What is asked of the log, as it is recorded: once, or where it names several tenants, once more for each. */
export type Part = { tenant_id?: string; filters: EventFilters }

/** The parts of what is asked. Of several tenants each sees its own: the whole may speak of another's people. */
export const partsOf = async (db: Kysely<Tables>, filters: EventFilters): Promise<[whole: Part, ...each: Part[]]> => {
  const narrowed = await narrowedTo(db, filters)
  const [only] = narrowed.keys()
  if (only !== undefined && narrowed.size === 1) return [{ tenant_id: only, filters }]
  const { actor_id: _, target_id: __, ticket: ___, text: ____, tenant_id: _____, session_id: ______, ...shared } = filters
  return [{ filters }, ...[...narrowed].map(([tenantId, own]) => ({ tenant_id: tenantId, filters: { ...shared, ...own } }))]
}

const eventsOfRead = async (db: Kysely<Tables>, actor: Actor, asked: EventFilters, from?: Continuation): Promise<NewEvent[]> =>
  (await partsOf(db, asked)).map(({ filters, ...tenant }) => ({
    action: 'AUDIT.READ',
    result: 'ok',
    actor,
    target: { kind: 'log', id: 'audit' },
    ...tenant,
    details: { filters: hideFilters(filters), ...from },
  }))

/**
 * Reading the log is on the log. A read that is narrowed to a tenant, or to a session in it, is visible to that tenant. Only
 * going on with a read that this sign-in has on the record, with the same filters, adds nothing.
 */
export const recordRead = async (
  needs: { store: Store; journal: Journal; reads: Reads },
  reader: Reader,
  given: EventFilters,
  from?: Continuation,
): Promise<void> => {
  const filters = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as EventFilters
  if (from !== undefined && needs.reads.has(reader, filters)) return
  await transaction(needs.store, async (tx) => {
    await needs.journal.recordAll(tx, await eventsOfRead(tx, reader.actor, filters, from))
  })
  needs.reads.add(reader, filters)
}

/** One event alone was read: whom it concerns, sees that. */
export const recordEventRead = async (
  { store, journal }: { store: Store; journal: Journal },
  { actor }: Reader,
  event: { id: string; tenant_id?: string | undefined },
): Promise<void> => {
  await transaction(store, (tx) =>
    journal.record(tx, {
      action: 'AUDIT.READ',
      result: 'ok',
      actor,
      target: { kind: 'log', id: 'audit' },
      ...(event.tenant_id === undefined ? {} : { tenant_id: event.tenant_id }),
      details: { filters: {}, event_id: event.id },
    }),
  )
}
