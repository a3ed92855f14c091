import { chosenNames, type EventFilter } from '@countersign/contract/event-filter.ts'
import { type EventName, eventNames } from '@countersign/contract/events.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { type Condition, likePattern, ofEachRequest, others } from './conditions.ts'

const denied = sql.raw<boolean>(`entry.result <> 'ok'`)

/**
 * A way to find entries in the order of the log: by an index whose first columns hold one of these rows of values, and whose
 * last one is the log index.
 */
export type Driver = { columns: readonly string[]; values: readonly (readonly string[])[]; of?: Condition | undefined }

/** With more rows of values than that, a wider index is better. */
const rowsMaximum = 1200
/** What is kept for more holders than that is no find. */
const holdersMaximum = 1000

const cross = (left: readonly string[], right: readonly string[]): string[][] => left.flatMap((a) => right.map((b) => [a, b]))
const single = (values: readonly string[]): string[][] => values.map((value) => [value])

const byTenant = (tenants: readonly string[], names: readonly EventName[] | undefined, isDenied: boolean): Driver => {
  if (isDenied) return { columns: ['tenant_id'], values: single(tenants), of: denied }
  const pairs = names && !names.some((name) => ofEachRequest.includes(name)) ? cross(tenants, names) : undefined
  if (pairs && pairs.length <= rowsMaximum) return { columns: ['tenant_id', 'action'], values: pairs, of: others }
  return { columns: ['tenant_id'], values: single(tenants) }
}

const byName = (names: readonly EventName[] | undefined, results: readonly string[], isDenied: boolean): Driver[] => {
  if (isDenied) return [{ columns: ['result', 'action'], values: cross(results, names ?? eventNames), of: denied }]
  if (!names || names.some((name) => ofEachRequest.includes(name))) return []
  return [{ columns: ['action'], values: single(names), of: others }]
}

/** For what something is kept beside events: read as the program, since who asks is shown an entry by its own conditions. */
const readHeld = async (db: Kysely<Tables>, { tenant_id }: EventFilter, condition: Condition): Promise<Held | undefined> => {
  const tenants = tenant_id?.any ?? []
  const found = db.selectFrom('disclosures').select('holder').where(condition)
  const rows = await (tenants.length > 0 ? found.where('tenant_id', 'in', tenants) : found).limit(holdersMaximum + 1).execute()
  if (rows.length > holdersMaximum) return undefined
  const holders = rows.map(({ holder }) => holder)
  const [sessions, events] = [true, false].map((isOne) => holders.filter((holder) => holder.startsWith('ses_') === isOne))
  return { events: events ?? [], sessions: sessions ?? [] }
}

/** Events and sessions for which something is kept. */
export type Held = { events: readonly string[]; sessions: readonly string[] }
export type Way = { by: Driver } | { held: Held }

/** The way by words, where few have them. */
export const wayByWords = async (db: Kysely<Tables>, filter: EventFilter): Promise<Way | undefined> => {
  if (filter.text === undefined) return undefined
  const held = await readHeld(db, filter, sql`member in ('reason', 'note') and lower(value) like ${likePattern(filter.text)}`)
  return held && { held }
}

const wayByTicket = async (db: Kysely<Tables>, filter: EventFilter): Promise<Way[]> => {
  const tickets = filter.ticket?.any ?? []
  if (tickets.length === 0) return []
  const held = await readHeld(db, filter, sql`member = 'ticket' and value = any(${tickets.map((each) => JSON.stringify(each))}::text[])`)
  return held ? [{ held }] : []
}

/** The ways to find what passes a filter. None: the log itself, in its order. */
export const waysFor = async (db: Kysely<Tables>, filter: EventFilter): Promise<Way[]> => {
  const { tenant_id, session_id, target_id, actor_id, resource_type, result } = filter
  const names = chosenNames(filter)
  const results = result?.any ?? []
  const isDenied = results.length > 0 && !results.includes('ok')
  const kinds = resource_type?.any ?? []
  const ways: Driver[] = [
    ...(session_id?.any.length ? [{ columns: ['session_id'], values: single(session_id.any) }] : []),
    ...(target_id?.any.length ? [{ columns: ['target_id'], values: single(target_id.any) }] : []),
    ...(tenant_id?.any.length ? [byTenant(tenant_id.any, names, isDenied)] : []),
    ...byName(names, results, isDenied),
    ...(actor_id?.any.length ? [{ columns: ['actor_id'], values: single(actor_id.any) }] : []),
    ...(kinds.length > 0 && !kinds.includes('tenant')
      ? [{ columns: ['target_kind'], values: single(kinds), of: sql.raw<boolean>(`entry.target_kind <> 'tenant'`) }]
      : []),
  ]
  return [...(await wayByTicket(db, filter)), ...ways.map((by): Way => ({ by }))]
}
