import { EventFilters } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import { countEvents } from '../server/src/audit/count.ts'
import { listEvents, listTenantEvents } from '../server/src/audit/list.ts'
import { openStore, type Store } from '../server/src/store/open.ts'
import { newBenchDatabase } from './log/database.ts'
import { fillYear, year } from './log/year.ts'

export const about = 'each filter of the audit page and of /v1/audit over a year of events [--events 5000000]'

const rounds = 20
const { tenants, tickets, words } = year
const middleWeek = { from: '2026-05-25T00:00:00Z', to: '2026-06-01T00:00:00Z' }
const oldHour = { from: '2026-01-14T10:00:00Z', to: '2026-01-14T11:00:00Z' }

/** As staff ask. */
const ofStaff: Record<string, EventFilters> = {
  none: {},
  without_reads: { action: '-AUDIT.READ' },
  admin: { actor_id: year.actor },
  admin_by_address: { actor_id: year.email },
  impersonate: { action: 'IMPERSONATE.*' },
  resets: { action: '*.RESET' },
  last_hour: { from: '2026-11-28T23:00:00Z' },
  event: { action: 'CONSOLE.OPENED' },
  event_rare: { action: 'KEY.*' },
  event_unknown: { action: 'TOTP.RESET' },
  events_several: { action: 'KEY.*,STAFF.*,CONSOLE.OPENED' },
  events_but_requests: { action: '-SUPPORT_SESSION.REQUEST.*' },
  category: { category: 'support_session' },
  category_rare: { category: 'administration' },
  kind: { resource_type: 'tenant' },
  kind_user: { resource_type: 'user' },
  kind_rare: { resource_type: 'key' },
  target: { target_id: year.target },
  tenant: { tenant_id: tenants.usual },
  tenant_big: { tenant_id: tenants.big },
  tenants_several: { tenant_id: `${tenants.big},${tenants.usual},ten_9` },
  tenant_left_out: { tenant_id: `-${tenants.big}` },
  session: { session_id: 'ses_00000000770000000000000000000000' },
  request: { session_id: 'ses_00000000770000000000000000000000', request_id: 'req_00000000770000000000000000000003' },
  ticket: { ticket: tickets.usual },
  ticket_old: { ticket: tickets.old },
  ticket_busy: { ticket: tickets.busy },
  ticket_unknown: { ticket: 'SUP-NONE' },
  deny: { result: 'deny' },
  error: { result: 'error' },
  deny_and_category: { result: 'deny', category: 'administration' },
  deny_and_tenant: { result: 'deny', tenant_id: tenants.big },
  words_common: { text: words.common },
  words_rare: { text: words.rare },
  words_unknown: { text: 'no such words' },
  words_of_notes: { text: 'support_admin (3)' },
  hour_old: oldHour,
  week_middle: middleWeek,
  week_middle_deny: { ...middleWeek, result: 'deny' },
  week_middle_admin: { ...middleWeek, actor_id: year.actor },
  until_long_ago: { to: '2026-01-01T00:00:00Z' },
}

/** As tenants ask: a big one and a usual one. */
const ofTenant: Record<string, EventFilters> = {
  none: {},
  category: { category: 'support_session' },
  category_none: { category: 'administration' },
  event: { action: 'IMPERSONATE.*' },
  event_none: { action: 'TOTP.RESET' },
  actor: { actor_id: year.actor },
  kind: { resource_type: 'user' },
  session: { session_id: 'ses_00000000770000000000000000000000' },
  ticket: { ticket: tickets.busy },
  deny: { result: 'deny' },
  error: { result: 'error' },
  words: { text: words.common },
  words_none: { text: 'no such words' },
  hour_old: oldHour,
  week_middle: middleWeek,
}

const p95 = (times: number[]): number => Number(times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1]?.toFixed(1))

const measure = async (ask: () => Promise<unknown>): Promise<number | string> => {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now()
    try {
      await ask()
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
    times.push(performance.now() - started)
  }
  return p95(times)
}

export const askAll = async (store: Store): Promise<Record<string, number | string>> => {
  const found: Record<string, number | string> = {}
  const page = { limit: 50 }
  for (const [name, filters] of Object.entries(ofStaff)) {
    const asked = EventFilters.parse(filters)
    found[name] = await measure(() => listEvents(store, asked, { ...page, limit: 100, proof: true }))
  }
  for (const [tenant, id] of Object.entries(tenants)) {
    for (const [name, filters] of Object.entries(ofTenant)) {
      const asked = EventFilters.parse(filters)
      found[`v1_${tenant}_${name}`] = await measure(() => listTenantEvents(store, id, asked, page))
    }
    found[`v1_${tenant}_poll`] = await measure(() => listTenantEvents(store, id, {}, { ...page, order: 'asc', after: 1000 }))
  }
  found.count_about = await measure(() => countEvents(store, { category: 'support_session' }, false))
  return found
}

const sizeOf = async (store: Store, count: number): Promise<Record<string, number>> => {
  const { rows } = await sql<{ name: string; bytes: string }>`
    select relname as name, pg_relation_size(oid) as bytes from pg_class
    where relname ~ '^(events|log_entries|disclosures)' and relkind in ('r', 'i') order by 1`.execute(store.db)
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, Math.round(Number(bytes) / count)]))
}

export async function run(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--events')
  const events = at < 0 ? 5_000_000 : Number(args[at + 1])
  const database = await newBenchDatabase()
  // What a person waits for: two seconds, as at the doors.
  const store = await openStore({ url: database.url })
  try {
    await fillYear(database, events)
    const found = await askAll(store)
    const times = Object.values(found)
    return {
      name: 'audit-query',
      events,
      p95_ms: found,
      slowest_ms: Math.max(...times.filter((time) => typeof time === 'number')),
      refused: times.filter((time) => typeof time === 'string').length,
      bytes_per_event: await sizeOf(store, events),
    }
  } finally {
    await store.close()
    await database.close()
  }
}
