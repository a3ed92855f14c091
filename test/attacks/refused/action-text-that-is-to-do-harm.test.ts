import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionRig, type Person, reason, startActionRig } from '../../actions/rig.ts'

const user = 'usr_0001'

let rig: ActionRig
let tenant: string
let rob: Person
beforeAll(async () => {
  rig = await startActionRig()
  tenant = await rig.knownTenant()
  rob = await rig.person('support_admin')
})
afterAll(() => rig.close())

const last = async () => (await rig.events({ actor_id: rob.staff_id })).at(-1)
const many = (text: string, count: number) => text.repeat(count)

describe('a reason or a ticket that is to do harm', () => {
  it.each([
    ['markup', '<script>alert(1)</script><img src=x onerror=alert(2)>'],
    ['turned around', 'Asked by \u202egnp.exe\u202c on the phone, \u2066twice\u2069'],
    ['a formula', '=HYPERLINK("https://evil.example","Click me")'],
    ['lines of a log', 'Asked on the phone\n{"action":"ACCOUNT.SUSPEND.APPROVED"}'],
    ['invisible in part', `Asked on${many('\u200b', 200)} the phone`],
  ])('X6 is kept to the letter where it says something: %s', async (_, hostile) => {
    const { body } = await rig.act(rob, 'revoke_sessions', user, { reason: hostile })
    expect([body.state, body.reason]).toEqual(['done', hostile])
    expect((await last())?.reason).toBe(hostile)
    const answer = await rob.get(`/api/actions/${body.id}`)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it.each([
    ['10,000 characters', many('word ', 2_000), 'reason_too_long'],
    ['a million characters', many('word ', 200_000), 'body_too_large'],
    ['nothing visible', many('\u200b\u2060\ufeff', 50), 'reason_too_short'],
    ['nothing but combining marks', many('\u0301', 50), 'reason_too_short'],
    ['a character of control', `${reason}\u0000`, 'invalid_request'],
    ['half of a surrogate pair', `${reason}\ud800`, 'invalid_request'],
    ['one letter again and again', many('a', 500), 'reason_too_short'],
  ])('X6 is refused without effect, and kept out of the record: %s', async (_, hostile, code) => {
    const before = rig.effects().length
    const { status, body } = await rig.act(rob, 'revoke_sessions', user, { reason: hostile })
    expect([status, body.code]).toEqual([code === 'body_too_large' ? 413 : 400, code])
    expect(rig.effects()).toHaveLength(before)
    const events = JSON.stringify(await rig.events({ actor_id: rob.staff_id }))
    expect(events).not.toContain(JSON.stringify(hostile).slice(1, -1))
  })

  it.each([
    ['markup', '<b>SUP-1</b>'],
    ['an address', 'https://evil.example/SUP-1'],
    ['code', 'javascript:alert(1)'],
    ['a way up', '../../SUP-1'],
    ['turned around', 'SUP\u202e-1'],
    ['letters that look alike', 'SUР-1'],
    ['10,000 characters', many('S', 10_000)],
  ])('X6 a ticket of %s is refused, and kept out of the record', async (_, ticket) => {
    const { status, body } = await rig.act(rob, 'reset_passkey', user, { ticket })
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(JSON.stringify(await rig.events({ actor_id: rob.staff_id }))).not.toContain(ticket)
  })

  it('a hostile name of the target stands in what is signed as it is', async () => {
    const name = 'Globex \u202e<script>alert(1)</script>'
    await rig.asSuperuser(`update tenants set name = '${name}' where id = '${tenant}'`)
    const { body } = await rig.act(rob, 'suspend_account', user, { ask_approval: true })
    expect(body.state).toBe('pending')
    expect(JSON.parse(body.signed).target.tenant_name).toBe(name)
  })
})

describe('a session on one user', () => {
  const open = (more: object) => rig.send(rob, '/api/sessions', { tenant_id: tenant, target_user_id: user, reason, ...more })

  it.each([0, -1, 0.5, 14.999, 16, 60, 61, 1e9, '15', '15m', null, [], true])('GA-20 does not last %j minutes', async (ttl_minutes) => {
    const { status, body } = await open({ ttl_minutes })
    expect([status, body.code]).toEqual([400, 'ttl_out_of_range'])
  })

  it('GA-20 does not last a number that JSON has not', async () => {
    for (const ttl of ['NaN', 'Infinity', '0x10']) {
      const text = `{"tenant_id":"${tenant}","target_user_id":"${user}","reason":"${reason}","ttl_minutes":${ttl}}`
      expect((await rob.send('POST', '/api/sessions', text)).status).toBe(400)
    }
  })

  it('GA-20 lasts 15 minutes where nothing is said, and 1 to 15 as asked', async () => {
    for (const [more, minutes] of [
      [{}, 15],
      [{ ttl_minutes: 1 }, 1],
      [{ ttl_minutes: 15 }, 15],
    ] as const) {
      const { status, body } = await open(more)
      const { session } = body as unknown as { session: { issued_at: string; expires_at: string } }
      expect([status, (Date.parse(session.expires_at) - Date.parse(session.issued_at)) / 60_000]).toEqual([201, minutes])
    }
  })

  it('A22 reads only: a scope beyond the preset is refused, on the record', async () => {
    const { status, body } = await open({ scopes: ['reports:read', 'reports:write'] })
    expect([status, body.code]).toEqual([400, 'scope_not_read_only'])
    expect(await last()).toMatchObject({ action: 'IMPERSONATE.DENIED', result: 'deny', code: 'scope_not_read_only' })
    expect((await open({ scopes: ['reports:read'] })).status).toBe(201)
    expect((await rig.send(rob, '/api/sessions', { tenant_id: tenant, reason, scopes: ['reports:write'] })).status).toBe(201)
  })
})
