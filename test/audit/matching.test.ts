import { parseFilter, passes } from '@countersign/contract/event-filter.ts'
import { EventFilters, type LoggedEvent } from '@countersign/contract/events.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillYear, year } from '../../bench/log/year.ts'
import { countEvents, countTenantEvents } from '../../server/src/audit/count.ts'
import { listEvents, listTenantEvents } from '../../server/src/audit/list.ts'
import { timeBounds } from '../../server/src/audit/time-bounds.ts'
import { asSuperuser } from '../support/database.ts'
import { newRig, type Rig } from './rig.ts'

const size = 20_000
let rig: Rig
let all: LoggedEvent[]
const byOwner = (text: string) => asSuperuser(rig.superuserUrl, text)

/** Pages of a list, one after the other, up to so many events. */
const pages = async (read: (cursor: string | undefined) => ReturnType<typeof listEvents>, most: number): Promise<number[]> => {
  const found: number[] = []
  for (let cursor: string | null | undefined; cursor !== null && found.length < most; ) {
    const page = await read(cursor)
    found.push(...page.items.map(({ log_index }) => log_index))
    cursor = page.next_cursor
  }
  return found
}

beforeAll(async () => {
  rig = await newRig()
  await fillYear({ store: rig.store, asOwner: async (text) => void (await byOwner(text)) }, size)
  all = []
  for (let cursor: string | undefined; ; ) {
    const page = await listEvents(rig.store, {}, { limit: 5_000, cursor })
    all.push(...page.items)
    if (page.next_cursor === null) break
    cursor = page.next_cursor
  }
  expect(all).toHaveLength(size)
}, 120_000)
afterAll(() => rig?.close())

const { tenants, tickets, words } = year
const week = { from: '2026-05-25T00:00:00Z', to: '2026-06-01T00:00:00Z' }
const filters: EventFilters[] = [
  { action: '-AUDIT.READ' },
  { action: 'IMPERSONATE.*' },
  { action: 'KEY.*,*.RESET,-PASSKEY.RESET' },
  { action: '-SUPPORT_SESSION.REQUEST.*' },
  { action: 'TOTP.RESET' },
  { category: 'administration' },
  { category: 'support_session,-gateway', result: 'error' },
  { resource_type: 'user,key' },
  { resource_type: '-tenant' },
  { actor_id: year.actor },
  { actor_id: `-${year.actor}`, action: 'CONSOLE.OPENED' },
  { tenant_id: tenants.big },
  { tenant_id: `${tenants.big},${tenants.usual}`, result: 'deny,error' },
  { tenant_id: tenants.big, category: 'look_up' },
  { tenant_id: tenants.big, actor_id: year.actor },
  { ticket: tickets.busy },
  { ticket: tickets.old },
  { ticket: `-"${tickets.usual}"`, action: 'SUPPORT_SESSION.CREATED' },
  { ticket: 'SUP-NONE' },
  { result: 'deny' },
  { result: 'deny', category: 'administration' },
  { result: '-ok' },
  { text: words.common },
  { text: words.rare.toUpperCase() },
  { text: 'support_admin (3)', action: 'ACCESS.DENIED' },
  { text: words.common, tenant_id: tenants.big },
  { text: 'no such words' },
  week,
  { ...week, result: 'deny' },
  { ...week, tenant_id: tenants.big, category: 'support_session' },
  { to: '2025-12-24T00:00:00Z', text: words.common },
]

describe('A28 A29 A30 what a filter finds', () => {
  it.each(filters.map((filter) => [JSON.stringify(filter), filter] as const))('is what passes it, in pages: %s', async (_text, given) => {
    const filter = EventFilters.parse(given)
    const parsed = parseFilter(filter)
    const expected = all.filter((event) => passes(parsed, event)).map(({ log_index }) => log_index)
    const most = 600
    const newest = await pages((cursor) => listEvents(rig.store, filter, { limit: 200, cursor }), most)
    expect(newest).toEqual(expected.slice(0, newest.length))
    expect(newest.length).toBe(Math.min(expected.length, newest.length < most ? expected.length : newest.length))
    const oldest = await pages((cursor) => listEvents(rig.store, filter, { limit: 200, order: 'asc', cursor }), most)
    expect(oldest).toEqual(expected.toReversed().slice(0, oldest.length))
    expect(await countEvents(rig.store, filter, true)).toEqual({ count: expected.length, is_exact: true, size })
    const about = await countEvents(rig.store, filter, false)
    expect(about.is_exact).toBe(expected.length <= 10_000)
    expect(Math.abs(about.count - expected.length)).toBeLessThanOrEqual(about.is_exact ? 0 : expected.length / 10)
  })

  it.each(filters.filter(({ tenant_id }) => tenant_id === undefined).map((filter) => [JSON.stringify(filter), filter] as const))(
    'S12 X3 of a tenant is what passes it of what is its own: %s',
    async (_text, given) => {
      const filter = EventFilters.parse(given)
      const parsed = parseFilter(filter)
      for (const tenant of [tenants.big, tenants.usual]) {
        const expected = all.filter((event) => event.tenant_id === tenant && passes(parsed, event)).map(({ log_index }) => log_index)
        const found = await pages((cursor) => listTenantEvents(rig.store, tenant, filter, { limit: 200, cursor }), 400)
        expect(found).toEqual(expected.slice(0, found.length))
        expect(found.length).toBeGreaterThanOrEqual(Math.min(expected.length, 400))
        expect((await countTenantEvents(rig.store, tenant, filter, true)).count).toBe(expected.length)
      }
    },
  )
})

describe('A29 windows of time', () => {
  const bounds = () => timeBounds(rig.store.db, week)
  // One event in so many seconds: ten minutes are less than one of them.
  const placeOf = (at: string) => Math.ceil(((Date.parse(at) - Date.parse('2025-11-29T00:00:00Z')) / (365 * 86_400_000)) * size)

  it('A29 become bounds of the log, a little wider', async () => {
    const { lo, hi } = await bounds()
    expect([placeOf(week.from) - lo, hi - placeOf(week.to)].every((wider) => wider >= 0 && wider <= 2)).toBe(true)
  })

  it('A29 go as far as the clock ever jumped', async () => {
    const [before, hours] = [await bounds(), 48]
    await byOwner(`
      alter table events no force row level security; alter table log_entries no force row level security;
      with clock as (
        insert into events (n, body, mac) values (${size + 1}, '{"details":{"by_seconds":-${hours * 3600}}}', '\\x00') returning n
      )
      insert into log_entries (log_index, event_n, event_id, leaf_hash, occurred_at, action, category, result, actor_id)
      select ${size}, n, 'evt_jump', decode(repeat('00', 32), 'hex'), now(), 'CLOCK.JUMPED', 'audit', 'ok', 'clock' from clock;
      update log_sequencer set size = ${size + 1};
      alter table events force row level security; alter table log_entries force row level security`)
    const { lo, hi } = await bounds()
    const perHour = size / (365 * 24)
    expect([before.lo - lo, hi - before.hi].map((wider) => Math.round(wider / perHour))).toEqual([hours, hours])
  })
})
