import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asSuperuser } from '../support/database.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

let rig: SessionRig
beforeAll(async () => {
  rig = await startSessionRig()
})
afterAll(() => rig.close())

const minutes = ({ issued_at, expires_at }: { issued_at: string; expires_at: string }) =>
  (Date.parse(expires_at) - Date.parse(issued_at)) / 60_000
const denials = () => rig.events(({ action }) => action === 'SUPPORT_SESSION.DENIED' || action === 'IMPERSONATE.DENIED')

describe('opening a session', () => {
  it('S1 S2 C33 names tenant, scopes, reason and end, and stands in the tenant’s log', async () => {
    const { session, token } = await rig.open({ reason: '  Looking into a failed export  ', ticket: '#4831' })
    expect(session).toMatchObject({
      status: 'ACTIVE',
      tenant_id: 'ten_a',
      tenant_name: 'Tenant ten_a',
      staff_id: rig.staff.id,
      staff_email: rig.staff.email,
      reason: 'Looking into a failed export',
      ticket: '#4831',
      ended_at: null,
      ended_by: null,
    })
    expect(session.remaining_seconds).toBeGreaterThan(890)
    const [event] = await rig.events(({ session_id }) => session_id === session.id)
    expect(event).toMatchObject({
      action: 'SUPPORT_SESSION.CREATED',
      category: 'support_session',
      result: 'ok',
      tenant_id: 'ten_a',
      target: { kind: 'tenant', id: 'ten_a', label: 'Tenant ten_a' },
      actor: { kind: 'staff', id: rig.staff.id, issuer: rig.staff.issuer, subject: rig.staff.subject },
      reason: 'Looking into a failed export',
      ticket: '#4831',
      details: { scopes: ['attestations:read', 'billing:read'], ttl_minutes: 15, expires_at: session.expires_at },
    })
    expect(token).toMatch(/^css_[A-Za-z0-9_-]{43}$/)
    const { rows } = await rig.database.store.pool.query('select token_hash from support_sessions where id = $1', [session.id])
    expect(rows[0].token_hash).toEqual(createHash('sha256').update(token).digest())
    const everything = await rig.database.store.pool.query('select body from events')
    expect(JSON.stringify(everything.rows)).not.toContain(token)
  })

  it('S5 C31 takes read_only by default; presets and scopes add up, each once', async () => {
    expect((await rig.open()).session.scopes).toEqual(['attestations:read', 'billing:read'])
    expect((await rig.open({ scopes: ['billing:write', 'read_only', 'billing:read'] })).session.scopes).toEqual([
      'attestations:read',
      'billing:read',
      'billing:write',
    ])
  })

  it('C32 X1 lasts 15 minutes unless it says otherwise, 1 to 60 for a tenant', async () => {
    expect(minutes((await rig.open()).session)).toBe(15)
    expect(minutes((await rig.open({ ttl_minutes: 1 })).session)).toBe(1)
    expect(minutes((await rig.open({ ttl_minutes: 60 })).session)).toBe(60)
  })

  it.each([0, -1, 0.5, 14.999, 61, 1e9, '15', '15m', null, Number.NaN, Number.POSITIVE_INFINITY])(
    'GA-20 C32 refuses a time to live of %s',
    async (ttl_minutes) => {
      const before = (await denials()).length
      expect(await codeOf(rig.open({ ttl_minutes }))).toBe('ttl_out_of_range')
      const after = await denials()
      expect(after).toHaveLength(before + 1)
      expect(after.at(-1)).toMatchObject({
        result: 'deny',
        code: 'ttl_out_of_range',
        tenant_id: 'ten_a',
        note: expect.stringContaining('ttl_minutes'),
      })
    },
  )

  it('X1 X2 GA-20 is at most 15 minutes on one user', async () => {
    const { session } = await rig.open({ target_user_id: 'usr_a', ttl_minutes: 15 })
    expect([session.target_user_id, minutes(session)]).toEqual(['usr_a', 15])
    expect(await codeOf(rig.open({ target_user_id: 'usr_a', ttl_minutes: 16 }))).toBe('ttl_out_of_range')
    const [created] = await rig.events(({ session_id }) => session_id === session.id)
    expect([created?.action, created?.category]).toEqual(['IMPERSONATE.STARTED', 'support_session'])
    expect(created?.target).toEqual({ kind: 'user', id: 'usr_a', label: 'usr_a@t.example' })
  })

  it.each([
    ['nine characters', 'ninechars', 'reason_too_short'],
    ['ten spaces', ' '.repeat(10), 'reason_too_short'],
    ['zero-width spaces', '\u200b'.repeat(10), 'reason_too_short'],
    ['Hangul fillers', '\u3164'.repeat(10), 'reason_too_short'],
    ['combining marks', '\u0301'.repeat(10), 'reason_too_short'],
    ['full stops', '..........', 'reason_too_short'],
    ['2,001 characters', 'a b '.repeat(500).concat('c'), 'reason_too_long'],
    ['one megabyte', 'a b c '.repeat(170_000), 'reason_too_long'],
    ['a lone surrogate', 'reason \ud800 enough', 'invalid_request'],
    ['a NUL', 'reason \u0000 enough', 'invalid_request'],
    ['a number', 12345678901, 'reason_too_short'],
  ])('C30 X6 GA-1 refuses a reason that is none: %s', async (_, reason, code) => {
    expect(await codeOf(rig.open({ reason }))).toBe(code)
    expect((await denials()).at(-1)).toMatchObject({ code, tenant_id: 'ten_a', actor: { id: rig.staff.id } })
  })

  it.each([
    ['empty', ''],
    ['none', undefined],
  ])('A26 A39 M1 names the gate where there is no reason at all: %s', async (_, reason) => {
    expect(await codeOf(rig.open({ reason }))).toBe('gates_unmet')
    expect((await denials()).at(-1)).toMatchObject({ code: 'gates_unmet', note: 'reason missing', tenant_id: 'ten_a' })
  })

  it.each([
    [['nothing:read']],
    [['*']],
    [['billing:*']],
    [['']],
    [[]],
    [['rеad_only']],
    [['READ_ONLY']],
    [['__proto__']],
    [['constructor']],
    [Array.from({ length: 1000 }, () => 'billing:read')],
    ['billing:read'],
    [[null]],
  ])('GW-9 refuses scopes that do not exist: %j', async (scopes) => {
    expect(await codeOf(rig.open({ scopes }))).toBe('scope_unknown')
    expect((await denials()).at(-1)).toMatchObject({ code: 'scope_unknown', tenant_id: 'ten_a' })
  })

  it.each([
    ['ten_unknown', undefined],
    ['ten_gone', 'ten_gone'],
  ])('finds no tenant that is unknown or deleted, which is an error on the record and no denial: %s', async (id, tenant_id) => {
    expect(await codeOf(rig.open({ tenant_id: id }))).toBe('not_found')
    const event = (await denials()).at(-1)
    expect(event).toMatchObject({ result: 'error', code: 'not_found', note: 'There is no such tenant.', target: { kind: 'tenant', id } })
    expect(event?.tenant_id).toBe(tenant_id)
  })

  it('A22 A35 says as whom, by the e-mail address that the product gave', async () => {
    const { session } = await rig.open({ target_user_id: 'usr_a' })
    expect(session).toMatchObject({ target_user_id: 'usr_a', target_user_label: 'usr_a@t.example' })
    const [event] = await rig.events(({ session_id }) => session_id === session.id)
    expect(event).toMatchObject({ action: 'IMPERSONATE.STARTED', target: { kind: 'user', id: 'usr_a', label: 'usr_a@t.example' } })
    expect((await rig.open()).session.target_user_label).toBeNull()
  })

  it('X2 finds no user of another tenant, nor one that does not exist, and says so in the tenant’s log', async () => {
    for (const target_user_id of ['usr_b', 'usr_unknown']) {
      expect(await codeOf(rig.open({ target_user_id }))).toBe('not_found')
      expect((await denials()).at(-1)).toMatchObject({
        result: 'error',
        code: 'not_found',
        tenant_id: 'ten_a',
        action: 'IMPERSONATE.DENIED',
        target: { kind: 'user', id: target_user_id },
      })
    }
    expect(await codeOf(rig.open({ target_user_id: 'usr_down' }))).toBe('directory_unavailable')
  })

  it('X5 C1 A26 refuses staff without a console role, on the record where the tenant sees it', async () => {
    for (const roles of [[], ['auditor'], ['support_manager']] as const) {
      const by = await rig.newStaff([...roles])
      expect(await codeOf(rig.open({}, by))).toBe('role_missing')
      expect((await denials()).at(-1)).toMatchObject({ code: 'role_missing', tenant_id: 'ten_a', actor: { id: by.id } })
    }
    expect(await codeOf(rig.open({}, await rig.newStaff(['super_admin'])))).toBe('nothing was refused')
  })

  it('refuses what it does not know, and a ticket that is an address', async () => {
    expect(await codeOf(rig.open({ never_expires: true }))).toBe('invalid_request')
    expect(await codeOf(rig.open({ ticket: 'javascript:alert(1)' }))).toBe('invalid_request')
    expect(await codeOf(rig.open({ tenant_id: 7 }))).toBe('invalid_request')
  })

  it('S14 the database itself refuses a session without an end, or with one later than 60 minutes (15 on a user)', async () => {
    const insert = (expires: string, user = 'null') =>
      asSuperuser(
        rig.database.superuserUrl,
        `insert into support_sessions (id, token_hash, tenant_id, target_user_id, staff_id, digests, scopes, issued_at, expires_at)
         values (gen_random_uuid()::text, sha256(gen_random_uuid()::text::bytea), 'ten_a', ${user}, $1, '{"reason":"x"}', array['x:read'], now(), ${expires})`,
        [rig.staff.id],
      )
    await expect(insert('null')).rejects.toThrow('null value in column "expires_at"')
    await expect(insert(`'infinity'`)).rejects.toThrow('violates check constraint')
    await expect(insert(`now() + interval '60 minutes 1 microsecond'`)).rejects.toThrow('violates check constraint')
    await expect(insert('now()')).rejects.toThrow('violates check constraint')
    await expect(insert(`now() + interval '15 minutes 1 microsecond'`, `'usr_a'`)).rejects.toThrow('violates check constraint')
    await expect(insert(`now() + interval '60 minutes'`)).resolves.toEqual([])
  })

  it('S14 the program’s own role can neither change a session nor take back its end', async () => {
    const { session } = await rig.open()
    const { pool } = rig.database.store
    for (const text of [
      `update support_sessions set expires_at = expires_at + interval '1 minute' where id = '${session.id}'`,
      `delete from support_sessions where id = '${session.id}'`,
      'delete from session_revocations',
      `update session_revocations set revoked_at = now()`,
      'truncate session_revocations',
    ])
      await expect(pool.query(text)).rejects.toThrow('permission denied')
  })
})
