import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { CreatedSession, Session, SessionPage } from '@countersign/contract/sessions.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import type { Visitor } from '../support/browser.ts'
import { type Rig, startRig } from '../support/rig.ts'

const reason = 'Customer asks why a report is missing'

let rig: Rig
let rob: Visitor & { staff_id: string }
let val: Visitor & { staff_id: string }
let tenants: string[] = []
const keys = new Map<string, string>()

beforeAll(async () => {
  rig = await startRig()
  rob = await rig.visitorWith(['support_admin'])
  val = await rig.visitorWith(['super_admin'])
  await rig.knownTenant()
  await vi.waitFor(async () => {
    const known = await rig.database.store.db.selectFrom('tenants').select('id').execute()
    expect(known.length).toBe(rig.directory.world.tenants.length)
  })
  tenants = rig.directory.world.tenants.map(({ id }) => id)
  const needs = { store: rig.database.store, journal: rig.database.journal }
  for (const tenant_id of tenants.slice(0, 2)) {
    keys.set(
      tenant_id,
      (await createKey({ ...needs, principal: { kind: 'operator', id: 'test' } }, { tenant_id, name: 'security team' })).key,
    )
  }
})
afterAll(() => rig?.close())

const create = async (input: object, by: Visitor = rob): Promise<{ status: number; code?: string; body: CreatedSession }> => {
  const response = await by.send('POST', '/api/sessions', { tenant_id: tenants[0], reason, ...input })
  const body = (await response.json()) as CreatedSession & { code?: string }
  return { status: response.status, code: body.code, body }
}
const call = (token: string, path: string, method = 'GET') =>
  fetch(`${rig.gateway_url}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]
const tenantEvents = async (tenant: string, query = ''): Promise<LoggedEvent[]> => {
  const response = await fetch(`${rig.console_url}/v1/audit?limit=200${query}`, { headers: { 'x-api-key': keys.get(tenant) as string } })
  expect(response.status).toBe(200)
  return ((await response.json()) as { items: LoggedEvent[] }).items
}

describe('a support session over HTTP', () => {
  it('C33 S1 S2 S5 S14 answers session, expiry and token; the default is read_only for 15 minutes', async () => {
    const { status, body } = await create({})
    expect(status).toBe(201)
    expect(body.token).toMatch(/^css_[A-Za-z0-9_-]{43}$/)
    expect(body.session).toMatchObject({
      status: 'ACTIVE',
      tenant_id: tenants[0],
      reason,
      staff_id: rob.staff_id,
      scopes: ['reports:read', 'tenant:read'],
      ended_by: null,
    })
    expect(Date.parse(body.session.expires_at) - Date.parse(body.session.issued_at)).toBe(15 * 60_000)
  })

  it.each([
    ['C31 X6 GA-1 a reason of 9 characters', { reason: '123456789' }, 'reason_too_short'],
    ['C31 X6 GA-1 ten spaces', { reason: '          ' }, 'reason_too_short'],
    ['GA-1 ten zero-width spaces', { reason: '\u200b'.repeat(10) }, 'reason_too_short'],
    ['GA-1 ten fillers', { reason: '\u3164'.repeat(10) }, 'reason_too_short'],
    ['GA-1 ten dots', { reason: '..........' }, 'reason_too_short'],
    ['X6 a reason of 2,001 characters', { reason: 'a b '.repeat(500).concat('c') }, 'reason_too_long'],
    ['C32 GA-20 61 minutes', { ttl_minutes: 61 }, 'ttl_out_of_range'],
    ['C32 GA-20 0 minutes', { ttl_minutes: 0 }, 'ttl_out_of_range'],
    ['C32 GA-20 half a minute', { ttl_minutes: 0.5 }, 'ttl_out_of_range'],
    ['C32 GA-20 minutes as text', { ttl_minutes: '15' }, 'ttl_out_of_range'],
    ['GW-9 an unknown scope', { scopes: ['secrets:read'] }, 'scope_unknown'],
    ['GW-9 a look-alike scope', { scopes: ['r\u0435ports:read'] }, 'scope_unknown'],
    ['GW-9 a wildcard', { scopes: ['*'] }, 'scope_unknown'],
    ['no scope at all', { scopes: [] }, 'scope_unknown'],
    ['an unknown member', { admin: true }, 'invalid_request'],
  ])('refuses %s, on the record', async (_what, input, code) => {
    const refused = await create(input)
    expect([refused.status, refused.code]).toEqual([400, code])
    await expect.poll(async () => (await tenantEvents(tenants[0] as string, '&action=SUPPORT_SESSION.DENIED'))[0]?.code).toBe(code)
  })

  it('S4 C44 C39 puts every request into the tenant’s log under the id that the product and the caller see', async () => {
    const { body } = await create({})
    rig.upstream.forget()
    const read = await call(body.token, '/v1/reports?limit=3')
    expect(read.status).toBe(200)
    const id = read.headers.get('x-request-id') as string
    expect(rig.upstream.received.map(({ headers, target }) => [target, headers.get('x-request-id')])).toEqual([['/v1/reports?limit=3', id]])
    await expect
      .poll(async () =>
        (await tenantEvents(tenants[0] as string, `&session_id=${body.session.id}`))
          .filter(({ request }) => request?.id === id)
          .map(({ action }) => action),
      )
      .toEqual(['SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.REQUEST.ADMITTED'])
  })

  it('S13 GW-6 refuses a POST, the mutating GET and a sink in a read-only session: recorded, nothing forwarded', async () => {
    const { body } = await create({})
    rig.upstream.forget()
    expect(await codeOf(await call(body.token, '/v1/reports', 'POST'))).toEqual([403, 'scope_missing'])
    expect(await codeOf(await call(body.token, '/v1/notifications/1'))).toEqual([403, 'scope_missing'])
    expect(await codeOf(await call(body.token, '/v1/account/password', 'POST'))).toEqual([403, 'sink_blocked'])
    expect(await codeOf(await call(body.token, '/v1/undeclared'))).toEqual([403, 'route_undeclared'])
    expect(await codeOf(await call(body.token, `/v1/tenants/${tenants[1]}/summary`))).toEqual([403, 'other_tenant'])
    expect(rig.upstream.bytes().length).toBe(0)
    await expect
      .poll(async () =>
        (await tenantEvents(tenants[0] as string, `&session_id=${body.session.id}&action=SUPPORT_SESSION.REQUEST.REFUSED`)).map(
          ({ code }) => code,
        ),
      )
      .toEqual(['other_tenant', 'route_undeclared', 'sink_blocked', 'scope_missing', 'scope_missing'])
    // SE-7: in the log of the session's tenant, not of the one that was tried.
    expect((await tenantEvents(tenants[1] as string)).some(({ code }) => code === 'other_tenant')).toBe(false)
    const log = (await (await rob.get(`/api/sessions/${body.session.id}/access-log`)).json()) as {
      items: { code: string; outcome: string; status: number }[]
    }
    expect(log.items.map(({ outcome, status }) => [outcome, status])).toEqual(Array(5).fill(['refused', 403]))
  })

  it('S15 C38 C45 X9 is revoked by another staff member; the next request is refused; twice is harmless', async () => {
    const { body } = await create({})
    const revoke = () => val.send('POST', `/api/sessions/${body.session.id}/revocation`, { reason: 'No longer needed' })
    const first = (await (await revoke()).json()) as Session
    expect(first).toMatchObject({ status: 'REVOKED', ended_by: 'staff', revocation_reason: 'No longer needed', remaining_seconds: 0 })
    expect(await codeOf(await call(body.token, '/v1/reports'))).toEqual([403, 'session_revoked'])
    const second = await revoke()
    expect([second.status, await second.json()]).toEqual([200, first])
    await expect
      .poll(async () => (await tenantEvents(tenants[0] as string, `&session_id=${body.session.id}&action=SUPPORT_SESSION.REVOKED`)).length)
      .toBe(1)
  })

  it('S3 S7 ends at expires_at by the database’s clock, with no job to end it', async () => {
    const { body } = await create({ ttl_minutes: 1 })
    expect((await call(body.token, '/v1/reports')).status).toBe(200)
    // The row is the database's: only its superuser can move the end, and time with it.
    await rig.asSuperuser(
      `update support_sessions set issued_at = issued_at - interval '1 minute', expires_at = expires_at - interval '1 minute' where id = '${body.session.id}'`,
    )
    rig.upstream.forget()
    expect(await codeOf(await call(body.token, '/v1/reports'))).toEqual([403, 'session_expired'])
    expect(rig.upstream.bytes().length).toBe(0)
    expect(await (await rob.get(`/api/sessions/${body.session.id}`)).json()).toMatchObject({
      status: 'EXPIRED',
      ended_by: 'expiry',
      remaining_seconds: 0,
    })
  })

  it('P10 AZ-6 is refused when its opener is disabled or loses the role, at the very next request', async () => {
    const eve = await rig.visitorWith(['support_admin'])
    const { body } = await create({}, eve)
    expect((await call(body.token, '/v1/reports')).status).toBe(200)
    await rig.database.store.db
      .updateTable('staff')
      .set({ roles: ['auditor'] })
      .where('id', '=', eve.staff_id)
      .execute()
    expect(await codeOf(await call(body.token, '/v1/reports'))).toEqual([403, 'staff_not_allowed'])
    await rig.database.store.db
      .updateTable('staff')
      .set({ roles: ['support_admin'], disabled_at: new Date() })
      .where('id', '=', eve.staff_id)
      .execute()
    expect(await codeOf(await call(body.token, '/v1/reports'))).toEqual([403, 'staff_not_allowed'])
  })

  it('C35 C36 C37 lists all sessions with three counters, which agree with the rows', async () => {
    const page = (await (await rob.get('/api/sessions?limit=200')).json()) as SessionPage
    const count = (status: string) => page.items.filter((session) => session.status === status).length
    const unusable = page.items.filter(({ status, standing }) => status === 'ACTIVE' && standing !== 'usable').length
    expect(page.counters).toEqual({ active: count('ACTIVE'), revoked: count('REVOKED'), expired: count('EXPIRED'), unusable })
    expect(unusable).toBeGreaterThan(0)
    expect(page.counters.revoked).toBeGreaterThan(0)
    for (const session of page.items) {
      expect(session).toMatchObject({
        tenant_id: expect.any(String),
        scopes: expect.any(Array),
        reason: expect.any(String),
        issued_at: expect.any(String),
        expires_at: expect.any(String),
      })
    }
  })
})

describe("the tenant's side", () => {
  it('S10 S11 S12 answers {items, next_cursor}, 50 at a time, newest first, and the pages join up', async () => {
    const { body } = await create({})
    await Promise.all(Array.from({ length: 20 }, () => call(body.token, '/v1/reports')))
    await expect.poll(async () => (await tenantEvents(tenants[0] as string, `&session_id=${body.session.id}`)).length).toBe(41)
    const all: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const response = await fetch(`${rig.console_url}/v1/audit?category=support_session&limit=7${cursor && `&cursor=${cursor}`}`, {
        headers: { 'x-api-key': keys.get(tenants[0] as string) as string },
      })
      const page = (await response.json()) as { items: LoggedEvent[]; next_cursor: string | null }
      for (const item of page.items)
        expect(item).toMatchObject({
          category: 'support_session',
          action: expect.any(String),
          occurred_at: expect.any(String),
          tenant_id: tenants[0],
        })
      all.push(...page.items.map(({ log_index }) => log_index))
      cursor = page.next_cursor
    }
    expect(all.length).toBeGreaterThan(20)
    expect(all).toEqual([...new Set(all)].sort((a, b) => b - a))
    const first = (await (
      await fetch(`${rig.console_url}/v1/audit`, { headers: { 'x-api-key': keys.get(tenants[0] as string) as string } })
    ).json()) as { items: unknown[] }
    expect(first.items).toHaveLength(50)
  })

  it('A6 X4 A31 A32 A33 every record has action and category, and names one human where staff acted', async () => {
    const page = (await (await rob.get('/api/audit?limit=200')).json()) as { items: LoggedEvent[] }
    expect(page.items.map(({ log_index }) => log_index)).toEqual(page.items.map(({ log_index }) => log_index).sort((a, b) => b - a))
    for (const event of page.items) {
      expect(event).toMatchObject({
        action: expect.stringMatching(/^[A-Z_]+(\.[A-Z_]+)+$/),
        category: expect.stringMatching(/^[a-z_]+$/),
        result: expect.stringMatching(/^(ok|deny|error)$/),
      })
      if (event.session_id !== undefined && event.action !== 'SUPPORT_SESSION.EXPIRED') {
        expect(event.actor).toMatchObject({
          kind: 'staff',
          issuer: expect.any(String),
          subject: expect.any(String),
          email: expect.stringContaining('@'),
        })
      }
    }
  })

  it('S12 refuses filters that do not exist in that form', async () => {
    for (const query of [
      'limit=0',
      'limit=1000',
      'result=maybe',
      'category=secret',
      'from=yesterday',
      'resource_type=x',
      "actor_id=' or 1=1 --&limit=x",
    ]) {
      const response = await fetch(`${rig.console_url}/v1/audit?${query}`, {
        headers: { 'x-api-key': keys.get(tenants[0] as string) as string },
      })
      expect([query, ...(await codeOf(response))]).toEqual([query, 400, 'invalid_request'])
    }
  })

  it('A27 X3 staff cannot take an event away: there is no route that changes one', async () => {
    const document = (await (await fetch(`${rig.console_url}/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> }
    const changing = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get')
        .map((method) => `${method} ${path}`),
    )
    // An export takes a copy.
    expect(changing.filter((route) => /audit|log|event/.test(route))).toEqual(['post /v1/audit/exports'])
    await expect(sql`delete from events`.execute(rig.database.store.db)).rejects.toThrow('permission denied')
  })
})
