import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noteExpiries, startExpiry } from '../../server/src/sessions/expire.ts'
import { getSession } from '../../server/src/sessions/get.ts'
import { revokeSession } from '../../server/src/sessions/revoke.ts'
import { asSuperuser } from '../support/database.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

let rig: SessionRig
beforeAll(async () => {
  rig = await startSessionRig()
})
afterAll(() => rig.close())

const eventsOf = (id: string) => rig.events(({ session_id }) => session_id === id)
const expire = (id: string) =>
  asSuperuser(
    rig.database.superuserUrl,
    `update support_sessions set issued_at = issued_at - interval '20 minutes', expires_at = clock_timestamp() where id = $1`,
    [id],
  )

describe('revoking a session', () => {
  it('S15 C45 ends it by its opener, with who, when and why, and tells the doors', async () => {
    const { session } = await rig.open({ ticket: 'SUP-1' })
    const revoked = await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id, reason: ' Found it ' })
    expect(revoked).toMatchObject({
      status: 'REVOKED',
      ended_by: 'opener',
      revoked_by: rig.staff.email,
      revocation_reason: 'Found it',
      remaining_seconds: 0,
    })
    expect(revoked.ended_at).toBe(revoked.revoked_at)
    expect(rig.told).toContain(session.id)
    expect((await eventsOf(session.id)).at(-1)).toMatchObject({
      action: 'SUPPORT_SESSION.REVOKED',
      result: 'ok',
      tenant_id: 'ten_a',
      target: { kind: 'session', id: session.id },
      reason: 'Found it',
      ticket: 'SUP-1',
      actor: { id: rig.staff.id },
    })
  })

  it('X11 an impersonation is ended by its opener, and revoked by anybody else', async () => {
    const manager = await rig.newStaff(['super_admin'])
    for (const [by, action] of [
      [rig.staff, 'IMPERSONATE.ENDED'],
      [manager, 'IMPERSONATE.REVOKED'],
    ] as const) {
      const { session } = await rig.open({ target_user_id: 'usr_a', ttl_minutes: 5 })
      await revokeSession({ ...rig.needs, principal: by }, { session_id: session.id })
      expect((await eventsOf(session.id)).at(-1)).toMatchObject({
        action,
        category: 'support_session',
        target: { kind: 'user', id: 'usr_a' },
      })
    }
  })

  it('C45 S7 is harmless twice: the same session, no second event, whoever asks', async () => {
    const { session } = await rig.open()
    const first = await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id })
    const other = await rig.newStaff(['super_admin'])
    expect(await revokeSession({ ...rig.needs, principal: other }, { session_id: session.id, reason: 'again' })).toEqual(first)
    expect((await eventsOf(session.id)).filter(({ action }) => action === 'SUPPORT_SESSION.REVOKED')).toHaveLength(1)
  })

  it('is one revocation and one event when 20 ask at once', async () => {
    const { session } = await rig.open()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id })),
    )
    expect(new Set(answers.map(({ revoked_at }) => revoked_at)).size).toBe(1)
    expect((await eventsOf(session.id)).filter(({ action }) => action === 'SUPPORT_SESSION.REVOKED')).toHaveLength(1)
  })

  it('S15 is open to staff with the role and to the opener who has lost it, and to nobody else', async () => {
    const opener = await rig.newStaff(['support_admin'])
    const mine = await rig.open({}, opener)
    expect((await revokeSession({ ...rig.needs, principal: { ...opener, roles: [] } }, { session_id: mine.session.id })).ended_by).toBe(
      'opener',
    )
    const theirs = await rig.open({}, opener)
    expect(
      await codeOf(revokeSession({ ...rig.needs, principal: await rig.newStaff(['auditor']) }, { session_id: theirs.session.id })),
    ).toBe('role_missing')
    expect((await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: theirs.session.id })).ended_by).toBe('staff')
  })

  it('answers 409 for one that has expired, and not found for one that never was', async () => {
    const { session } = await rig.open()
    await expire(session.id)
    expect(await codeOf(revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id }))).toBe('session_already_over')
    expect((await getSession({ ...rig.needs, principal: rig.staff }, session.id)).status).toBe('EXPIRED')
    expect(
      await codeOf(revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: 'ses_00000000000000000000000000000000' })),
    ).toBe('not_found')
    expect(await codeOf(revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id, reason: 'a\u0000' }))).toBe(
      'invalid_request',
    )
  })
})

describe('noting that a session has expired', () => {
  it('S7 is one event, whichever of several replicas comes first, and none for a revoked one', async () => {
    const { session } = await rig.open()
    const revoked = await rig.open()
    await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: revoked.session.id })
    await expire(session.id)
    await expire(revoked.session.id)
    await Promise.all(Array.from({ length: 5 }, () => noteExpiries(rig.needs)))
    expect(await noteExpiries(rig.needs)).toBe(0)
    expect((await eventsOf(session.id)).filter(({ action }) => action === 'SUPPORT_SESSION.EXPIRED')).toMatchObject([
      { actor: { kind: 'system', id: 'expiry' }, tenant_id: 'ten_a', target: { kind: 'session', id: session.id } },
    ])
    expect((await eventsOf(revoked.session.id)).some(({ action }) => action === 'SUPPORT_SESSION.EXPIRED')).toBe(false)
  })

  it('S3 is not what ends it: the status is the clock’s without it', async () => {
    const { session } = await rig.open()
    await expire(session.id)
    expect(await getSession({ ...rig.needs, principal: rig.staff }, session.id)).toMatchObject({
      status: 'EXPIRED',
      ended_by: 'expiry',
      remaining_seconds: 0,
    })
    expect((await eventsOf(session.id)).map(({ action }) => action)).toEqual(['SUPPORT_SESSION.CREATED'])
  })

  it('goes on in the background until it is stopped', async () => {
    const expiry = startExpiry({ ...rig.needs, log: { info: () => {}, warn: () => {} } }, { everyMs: 20 })
    const { session } = await rig.open()
    await expire(session.id)
    await expect
      .poll(async () => (await eventsOf(session.id)).map(({ action }) => action), { timeout: 5_000 })
      .toEqual(['SUPPORT_SESSION.CREATED', 'SUPPORT_SESSION.EXPIRED'])
    await expiry.stop()
  })
})
