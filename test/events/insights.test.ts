import type { EventPage, LoggedEvent } from '@countersign/contract/events.ts'
import { Insights, type InsightWeek } from '@countersign/contract/insights.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Visitor } from '../support/browser.ts'
import { readEvents } from '../support/events.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

let rig: Rig
let admin: Visitor & { staff_id: string }
let manager: Visitor & { staff_id: string }
let auditor: Visitor & { staff_id: string }

const weekMs = 7 * 86_400_000
const firstMonday = Date.UTC(1970, 0, 5)
const insights = async (query = '', by: Visitor = admin): Promise<Insights> => {
  const answer = await by.get(`/api/insights${query}`)
  expect(answer.status).toBe(200)
  return Insights.parse(await answer.json())
}
const open = async (input: Record<string, unknown>, status = 201): Promise<string> => {
  const answer = await admin.send('POST', '/api/sessions', { tenant_id: 'ten_0001', reason: 'Export came out empty', ...input })
  expect(answer.status).toBe(status)
  return status === 201 ? ((await answer.json()) as { session: { id: string } }).session.id : ''
}
const allEvents = async (query: string): Promise<LoggedEvent[]> => {
  const events: LoggedEvent[] = []
  for (let cursor = ''; ; ) {
    const page = (await (await auditor.get(`/api/audit?limit=200&${query}${cursor}`)).json()) as EventPage
    events.push(...page.items)
    if (page.next_cursor === null) return events
    cursor = `&cursor=${page.next_cursor}`
  }
}
const caughtUp = () =>
  until(async () => {
    const { pending } = (await (await admin.get('/api/log')).json()) as { pending: number }
    return pending === 0 || undefined
  })

/** Moves an event in time, in the log and in what queries see of it: only a superuser can. */
const moveBack = async (eventId: string, days: number): Promise<void> => {
  await rig.asSuperuser(`
    update events set body = regexp_replace(body, '"occurred_at":"[^"]+"', '"occurred_at":"' || to_char(
      (l.occurred_at - interval '${days} days') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"')
    from log_entries l where l.event_n = events.n and l.event_id = '${eventId}'`)
  await rig.asSuperuser(`update log_entries set occurred_at = occurred_at - interval '${days} days' where event_id = '${eventId}'`)
}

beforeAll(async () => {
  rig = await startRig({
    config: `
actions:
  open_session: { requires: [reason, ticket] }
`,
  })
  admin = await rig.visitorWith(['support_admin'])
  manager = await rig.visitorWith(['support_manager'])
  auditor = await rig.visitorWith(['auditor'])
  await rig.knownTenant()
}, 60_000)
afterAll(() => rig?.close())

describe('M13 a session that was avoided', () => {
  it('M13 X3 is an event of its tenant, with who said so', async () => {
    expect((await admin.send('POST', '/api/sessions/avoided', { tenant_id: 'ten_0002' })).status).toBe(204)
    const [event] = await readEvents(rig.database.store.pool).then((all) =>
      all.filter(({ action }) => action === 'SUPPORT_SESSION.AVOIDED'),
    )
    expect(event).toMatchObject({
      category: 'support_session',
      result: 'ok',
      tenant_id: 'ten_0002',
      target: { kind: 'tenant', id: 'ten_0002' },
      actor: { kind: 'staff', id: admin.staff_id },
    })
  })

  it('M13 is not said of a tenant that is not there, nor by who opens no sessions; both are on the record', async () => {
    const nobody = await admin.send('POST', '/api/sessions/avoided', { tenant_id: 'ten_nobody' })
    expect([nobody.status, ((await nobody.json()) as { code: string }).code]).toEqual([404, 'not_found'])
    const refused = await auditor.send('POST', '/api/sessions/avoided', { tenant_id: 'ten_0002' })
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'role_missing'])
    const stray = await admin.send('POST', '/api/sessions/avoided', { tenant_id: 'ten_0002', why: 'because' })
    expect([stray.status, ((await stray.json()) as { code: string }).code]).toEqual([400, 'invalid_request'])
    const events = (await readEvents(rig.database.store.pool)).filter(({ result }) => result !== 'ok')
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          action: 'SUPPORT_SESSION.AVOIDED',
          result: 'error',
          code: 'not_found',
          target: { kind: 'tenant', id: 'ten_nobody' },
        }),
        expect.objectContaining({
          action: 'ACCESS.DENIED',
          code: 'role_missing',
          actor: expect.objectContaining({ id: auditor.staff_id }),
        }),
      ]),
    )
  })
})

describe('M13 insights', () => {
  beforeAll(async () => {
    const revoke = (id: string) => admin.send('POST', `/api/sessions/${id}/revocation`, {})
    const ended = await open({ ticket: 'SUP-1' })
    await revoke(ended)
    await open({ ticket: 'SUP-2', reason: 'export  came out EMPTY' })
    await open({ ticket: 'SUP-3', reason: 'Somebody cannot sign in' })
    await revoke(await open({ target_user_id: 'usr_0001', ttl_minutes: 5 }))
    await open({}, 403)
    await open({ reason: 'short', ticket: 'SUP-4' }, 400)
    await open({ reason: '' }, 403)
    const ask = await admin.send(
      'POST',
      '/api/actions',
      { action: 'suspend_account', target: { kind: 'user', id: 'usr_0003' }, reason: 'Their laptop was stolen', ask_approval: true },
      { 'idempotency-key': 'insights-1' },
    )
    expect(ask.status).toBe(202)
    const { id } = (await ask.json()) as { id: string }
    expect((await manager.send('POST', `/api/actions/${id}/rejection`, { reason: 'The laptop was found again' })).status).toBe(200)
    await caughtUp()
    const events = await allEvents('category=support_session')
    const of = (session: string) => events.filter((event) => event.session_id === session)
    // Into the middle of the week before the last one, whatever day it is.
    const intoWeek = ((Date.now() - firstMonday) % weekMs) / 86_400_000
    const days = 14 + intoWeek - 3.5
    for (const event of of(ended)) await moveBack(event.id, event.action === 'SUPPORT_SESSION.CREATED' ? days + 0.01 : days)
  }, 60_000)

  /** The same numbers from what the audit shows, by another way. */
  const recount = (events: LoggedEvent[], { from, to }: Pick<InsightWeek, 'from' | 'to'>) => {
    const inWeek = events.filter(({ occurred_at }) => occurred_at >= from && occurred_at < to)
    const named = (...names: string[]) => inWeek.filter(({ action, result }) => names.includes(action) && result === 'ok')
    const opened = named('SUPPORT_SESSION.CREATED', 'IMPERSONATE.STARTED')
    const minutes = opened
      .flatMap((event) => {
        const end = events.find(
          ({ action, session_id }) => session_id === event.session_id && /\.(REVOKED|EXPIRED|ENDED)$/.test(action),
        )?.occurred_at
        return end === undefined ? [] : [(Date.parse(end) - Date.parse(event.occurred_at)) / 60_000]
      })
      .sort((a, b) => a - b)
    const middle = minutes.length / 2
    const median = minutes.length === 0 ? null : ((minutes[Math.ceil(middle - 1)] ?? 0) + (minutes[Math.floor(middle)] ?? 0)) / 2
    return {
      opened_on_tenant: named('SUPPORT_SESSION.CREATED').length,
      opened_on_user: named('IMPERSONATE.STARTED').length,
      avoided: named('SUPPORT_SESSION.AVOIDED').length,
      denied: inWeek.filter(({ result }) => result === 'deny').length,
      median,
    }
  }

  it('M13 can be counted again from the log, week by week', async () => {
    await caughtUp()
    const found = await insights()
    expect(found.weeks).toHaveLength(12)
    const events = (
      await Promise.all(['support_session', 'action', 'approval'].map((category) => allEvents(`category=${category}`)))
    ).flat()
    for (const week of found.weeks) {
      expect(Date.parse(week.to) - Date.parse(week.from)).toBe(weekMs)
      expect(new Date(week.from).getUTCDay()).toBe(1)
      const { median, ...counts } = recount(events, week)
      expect(week).toMatchObject(counts)
      if (median === null) expect(week.median_minutes).toBeNull()
      else expect(week.median_minutes).toBeCloseTo(median, 1)
    }
    const [before, last] = [found.weeks.at(-3), found.weeks.at(-1)]
    expect(before).toMatchObject({ opened_on_tenant: 1, median_minutes: expect.closeTo(14.4, 0) })
    expect(last).toMatchObject({ opened_on_tenant: 2, opened_on_user: 1, avoided: 1, denied: 3 })
    expect(Date.parse(found.as_of)).toBeLessThan(Date.parse(last?.to ?? ''))
  })

  it('M13 names the gates that were lacking, each of them, and other causes by their code', async () => {
    const { gates } = await insights('?weeks=1')
    expect(gates).toEqual([
      { gate: 'ticket', counts: [2] },
      { gate: 'reason', counts: [1] },
      { gate: 'reason_too_short', counts: [1] },
    ])
  })

  it('M13 says how long decisions took, and why sessions were opened: case and spaces make no other reason', async () => {
    const week = (await insights('?weeks=1')).weeks[0]
    expect(week).toMatchObject({ decided: 1, median_decision_minutes: expect.any(Number) })
    expect(week?.reasons.map(({ count }) => count)).toEqual([2, 1])
    expect(week?.reasons[1]).toEqual({ reason: 'Somebody cannot sign in', count: 1 })
  })

  it('M3 knows no reason that was erased', async () => {
    await rig.asSuperuser(`delete from disclosures where member = 'reason' and value like '%cannot sign in%'`)
    expect((await insights('?weeks=1')).weeks[0]?.reasons).toHaveLength(1)
  })

  it('X5 is for whoever reads the audit, and each read is on the log; others are refused', async () => {
    await insights('?weeks=2', auditor)
    await insights('?weeks=2', manager)
    const reads = (await readEvents(rig.database.store.pool)).filter(
      (event) => event.action === 'AUDIT.READ' && event.actor.id === auditor.staff_id && event.details?.filters?.from !== undefined,
    )
    expect(reads).toHaveLength(1)
    const nobody = await rig.visitorWith([])
    const answer = await nobody.get('/api/insights')
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, 'role_missing'])
    const many = await admin.get('/api/insights?weeks=27')
    expect([many.status, ((await many.json()) as { code: string }).code]).toEqual([400, 'invalid_request'])
  })
})
