import { chosenNames, type EventFilter } from '@countersign/contract/event-filter.ts'
import { type EventName, eventNames } from '@countersign/contract/events.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { type Condition, likePattern } from './conditions.ts'

/** What each request records: nearly all of a log, and left out of the indexes by action. */
const ofEachRequest: readonly string[] = ['SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED']
const others = sql.raw<boolean>(`entry.action not in (${ofEachRequest.map((name) => `'${name}'`).join(', ')})`)
const denied = sql.raw<boolean>(`entry.result <> 'ok'`)

/**
 * A way to find entries in the order of the log: by an index whose first columns hold one of these rows of values, and whose
 * last one is the log index. Without columns, the whole of an index.
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

/** By what is kept beside events, which is read as the program: who asks is shown an entry by its own conditions. */
const holdersOf = async (db: Kysely<Tables>, { ticket, text, tenant_id }: EventFilter): Promise<string[][]> => {
  const tenants = tenant_id?.any ?? []
  const read = async (condition: Condition): Promise<string[]> => {
    const found = db.selectFrom('disclosures').select('holder').where(condition)
    const rows = await (tenants.length > 0 ? found.where('tenant_id', 'in', tenants) : found).limit(holdersMaximum + 1).execute()
    return rows.map(({ holder }) => holder)
  }
  return [
    ...(ticket && ticket.any.length > 0
      ? [await read(sql`member = 'ticket' and value = any(${ticket.any.map((each) => JSON.stringify(each))}::text[])`)]
      : []),
    ...(text === undefined ? [] : [await read(sql`member in ('reason', 'note') and lower(value) like ${likePattern(text)}`)]),
  ]
}

/** Events and sessions for which something is kept. */
export type Held = { events: readonly string[]; sessions: readonly string[] }
export type Way = { by: Driver } | { held: Held }

/** The ways to find what passes a filter. None: the log itself, from its end. */
export const waysFor = async (db: Kysely<Tables>, filter: EventFilter): Promise<Way[]> => {
  const { tenant_id, session_id, target_id, actor_id, resource_type, result } = filter
  const names = chosenNames(filter)
  const results = result?.any ?? []
  const isDenied = results.length > 0 && !results.includes('ok')
  const kinds = resource_type?.any ?? []
  const holders = await holdersOf(db, filter)
  const few = holders.filter((list) => list.length <= holdersMaximum)
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
  const beside = few.map((list) => ({ held: Object.groupBy(list, (holder) => (holder.startsWith('ses_') ? 'sessions' : 'events')) }))
  return [
    ...beside.map(({ held: { events = [], sessions = [] } }): Way => ({ held: { events, sessions } })),
    ...ways.map((by): Way => ({ by })),
    // What has a reason or a note is never one of the two events of each request.
    ...(few.length < holders.length && filter.text !== undefined ? [{ by: { columns: [], values: [], of: others } }] : []),
  ]
}
