import type { NewEventOf } from '@countersign/contract/events.ts'
import { StaffId, TenantId, UserId } from '@countersign/contract/ids.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Store } from '../store/open.ts'
import { ofEvents, type Phase, thatMention } from './phases.ts'

type Erased = NewEventOf<'PERSONAL_DATA.ERASED'>

const instant = z.iso.datetime({ offset: true })
/** What an erasure looks for: one of these. */
export const Selector = z.union([
  z.strictObject({ user_id: UserId }),
  z.strictObject({ staff_id: StaffId }),
  z.strictObject({ tenant_id: TenantId }),
  z.strictObject({ searches_before: instant }),
  z.strictObject({ addresses_before: instant }),
])
export type Selector = z.infer<typeof Selector>

export const targetOf = (selector: Selector): Erased['target'] => {
  if ('user_id' in selector) return { kind: 'user', id: selector.user_id }
  if ('staff_id' in selector) return { kind: 'staff', id: selector.staff_id }
  if ('tenant_id' in selector) return { kind: 'tenant', id: selector.tenant_id }
  return { kind: 'log', id: 'personal data' }
}

/** Who did it: another person than the one that is erased, unless it is staff. */
const who = ['actor.email', 'actor.name']
const members = (...names: string[]) => sql`d.member = any(${names}::text[])`
const allBut = (...names: string[]) => sql`d.member <> all(${names}::text[])`

/** The different values of a member of events: what a person was called. */
const readNames = async ({ db }: Pick<Store, 'db'>, event: ReturnType<typeof sql>, member: string): Promise<string[]> => {
  const { rows } = await sql<{ value: string }>`
    select distinct d.value from log_entries e
    join disclosures d on d.holder = any(array[e.event_id, e.request_id, e.session_id]) and d.member = ${member}
    where ${event}`.execute(db)
  return rows.map(({ value }) => JSON.parse(value) as string)
}

/** Why something was erased or held stays: it is what accounts for it. */
const aboutErasing = sql`e.action in ('PERSONAL_DATA.ERASED', 'LEGAL_HOLD.PLACED', 'LEGAL_HOLD.RELEASED')`

const onUser = (id: string) => sql`e.target_kind = 'user' and e.target_id = ${id} and not ${aboutErasing}`
const byStaff = (id: string) => sql`e.actor_id = ${id}`
const ofPeople = (tenantId: string) => sql`e.tenant_id = ${tenantId} and e.target_kind = 'user'`

/** What those whom a selector means were called: in the events, or as staff. */
export const namesOf = async (store: Pick<Store, 'db'>, selector: Selector): Promise<string[]> => {
  if ('user_id' in selector) return [selector.user_id, ...(await readNames(store, onUser(selector.user_id), 'target.label'))]
  if ('tenant_id' in selector) return await readNames(store, ofPeople(selector.tenant_id), 'target.label')
  if (!('staff_id' in selector)) return []
  const staff = await store.db.selectFrom('staff').select('email').where('id', '=', selector.staff_id).executeTakeFirst()
  return [...new Set([...(await readNames(store, byStaff(selector.staff_id), 'actor.email')), ...(staff ? [staff.email] : [])])]
}

/*
 * In what order it is erased. What is looked for by what a person was called comes first, and what they were called last: an erasure
 * that was broken off still knows it when it goes on.
 */

const phasesOfUser = (id: string, names: readonly string[]): Phase[] => [
  ...thatMention(names, [...who, 'target.label']),
  ofEvents(sql`e.action = 'USER.SEARCHED' and ev.body::jsonb -> 'details' -> 'user_ids' ? ${id}`, members('details.query')),
  ofEvents(onUser(id), allBut(...who, 'target.label')),
  ...thatMention(names, who),
  ofEvents(onUser(id), members('target.label')),
]

const phasesOfStaff = (id: string, names: readonly string[]): Phase[] => [
  ...thatMention(names, ['actor.email']),
  ofEvents(sql`e.target_kind = 'staff' and e.target_id = ${id} and not ${aboutErasing}`, members('target.label')),
  ofEvents(byStaff(id), members('actor.name')),
  ofEvents(byStaff(id), members('actor.email')),
]

const phasesOfTenant = (id: string, names: readonly string[]): Phase[] => {
  const searches = sql`e.action = 'USER.SEARCHED' and e.event_id in (
    select f.body::jsonb -> 'details' ->> 'search' from log_entries l join events f on f.n = l.event_n
    where l.tenant_id = ${id} and l.action = 'USER.FOUND')`
  return [
    ...thatMention(names, [...who, 'target.label']),
    ofEvents(searches, members('details.query')),
    ofEvents(sql`e.tenant_id = ${id} and not ${aboutErasing}`, allBut(...who, 'target.label')),
    ofEvents(sql`e.tenant_id = ${id} and not ${aboutErasing}`, members('target.label')),
  ]
}

/** What was typed to look for somebody: the texts of searches, and the filters of the audit. */
const searched = ['details.query', 'details.filters.actor_id', 'details.filters.target_id', 'details.filters.ticket']

export const phasesOf = async (store: Pick<Store, 'db'>, selector: Selector): Promise<Phase[]> => {
  const names = await namesOf(store, selector)
  if ('user_id' in selector) return phasesOfUser(selector.user_id, names)
  if ('staff_id' in selector) return phasesOfStaff(selector.staff_id, names)
  if ('tenant_id' in selector) return phasesOfTenant(selector.tenant_id, names)
  if ('searches_before' in selector) {
    const before = sql`e.action in ('USER.SEARCHED', 'AUDIT.READ') and e.occurred_at < ${selector.searches_before}::timestamptz`
    return [ofEvents(before, members(...searched))]
  }
  const before = sql`e.action = 'GATEWAY.REFUSED' and e.occurred_at < ${selector.addresses_before}::timestamptz`
  return [ofEvents(before, members('details.peer'))]
}
