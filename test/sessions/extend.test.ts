import type { Session } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { executeRequest } from '../../server/src/actions/execute.ts'
import { explainAction } from '../../server/src/actions/explain.ts'
import { extendSession } from '../../server/src/actions/extend-session.ts'
import { parseConfig } from '../../server/src/config.ts'
import { newAdmission } from '../../server/src/sessions/admit.ts'
import { getSession } from '../../server/src/sessions/get.ts'
import { revokeSession } from '../../server/src/sessions/revoke.ts'
import { asSuperuser } from '../support/database.ts'
import { judgeNeeds } from '../support/judge.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

const reason = 'The export takes longer than I thought'

let rig: SessionRig
beforeAll(async () => {
  rig = await startSessionRig()
})
afterAll(() => rig.close())

type ExtendInput = Omit<Parameters<typeof extendSession>[1], 'session_id'>
const extend = (session: Session, more: Partial<ExtendInput> = {}, by = rig.staff, needs = rig.needs) =>
  extendSession({ ...needs, principal: by }, { session_id: session.id, minutes: 10, reason, ...more })
const read = ({ id }: Session) => getSession({ ...rig.needs, principal: rig.staff }, id)
const eventsOf = ({ id }: Session, action: string) => rig.events((event) => event.session_id === id && event.action === action)
/** What is needed where opening needs an approval, or whatever else `actions` says. */
const needsWith = (actions: string) => {
  const text = `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: test
  routes: [{ method: GET, path: /v1/billing, scope: 'billing:read' }]
  presets: { read_only: ['billing:read'] }
directory: { connector: { url: 'http://127.0.0.1:9', audience: test } }
actions: ${actions}
`
  return { ...rig.needs, ...judgeNeeds(parseConfig(text, 'test'), rig.needs.connector) }
}

describe('extending a session (M16)', () => {
  it('M16 is an event of its own, with a reason, and moves both limits', async () => {
    const { session } = await rig.open({ ttl_minutes: 5 })
    const answer = await extend(session, { minutes: 20 })
    if (!('session' in answer)) throw new Error('it waits for an approval')
    expect(Date.parse(answer.session.expires_at) - Date.parse(session.expires_at)).toBe(20 * 60_000)
    expect(Date.parse(answer.session.idle_at)).toBeGreaterThan(Date.parse(session.idle_at))
    expect(await eventsOf(session, 'SUPPORT_SESSION.EXTENDED')).toMatchObject([
      {
        result: 'ok',
        reason,
        tenant_id: 'ten_a',
        actor: { id: rig.staff.id },
        details: { minutes: 20, expires_at: answer.session.expires_at },
      },
    ])
  })

  it('S14 X1 never goes beyond 60 minutes from the opening, 15 on one user, however often', async () => {
    const { session } = await rig.open({ ttl_minutes: 50 })
    await extend(session, { minutes: 10 })
    expect(await codeOf(extend(session, { minutes: 1 }))).toBe('extension_too_long')
    expect(await codeOf(extend(session, { minutes: 60 }))).toBe('extension_too_long')
    const onUser = (await rig.open({ target_user_id: 'usr_a', ttl_minutes: 10 })).session
    expect(await codeOf(extend(onUser, { minutes: 6 }))).toBe('extension_too_long')
    await extend(onUser, { minutes: 5 })
    expect(await eventsOf(onUser, 'IMPERSONATE.EXTENDED')).toMatchObject([
      { result: 'deny', code: 'extension_too_long', target: { kind: 'user', id: 'usr_a' } },
      { result: 'ok', target: { kind: 'user', id: 'usr_a' } },
    ])
    expect(Date.parse((await read(session)).expires_at) - Date.parse(session.issued_at)).toBe(3_600_000)
  })

  it('A26 A39 without a reason it is refused with the gate, as explain says before, and has no effect', async () => {
    const { session } = await rig.open({ ttl_minutes: 5 })
    const explained = await explainAction(
      { ...rig.needs, principal: rig.staff },
      {
        action: 'extend_session',
        target: { kind: 'tenant', id: 'ten_a' },
        parameters: { session_id: session.id, ttl_minutes: 10 },
      },
    )
    const open = explained.requirements.filter(({ met }) => !met).map(({ gate, note }) => ({ gate, note }))
    expect(open).toEqual([{ gate: 'reason', note: 'reason missing' }])
    await expect(extend(session, { reason: undefined })).rejects.toMatchObject({ code: 'gates_unmet', facts: { unmet: open } })
    expect(await codeOf(extend(session, { reason: 'short' }))).toBe('reason_too_short')
    expect((await read(session)).expires_at).toBe(session.expires_at)
    const denied = await eventsOf(session, 'SUPPORT_SESSION.EXTENDED')
    expect(denied.map(({ result, code, gates }) => [result, code, gates])).toEqual([
      ['deny', 'gates_unmet', ['reason']],
      ['deny', 'reason_too_short', undefined],
    ])
  })

  it('S15 is for its opener alone, on the record where it is another', async () => {
    const { session } = await rig.open({ ttl_minutes: 5 })
    expect(await codeOf(extend(session, {}, await rig.newStaff(['super_admin'])))).toBe('session_of_another')
    expect(await codeOf(extend({ ...session, id: 'ses_00000000000000000000000000000000' }))).toBe('not_found')
  })

  it.each([
    ['revoked', 'session_revoked'],
    ['expired', 'session_expired'],
    ['idle', 'session_timed_out'],
  ])('M16 one that is %s is not brought back, by the verb or by the table', async (how, code) => {
    const { session } = await rig.open({ ttl_minutes: 5 })
    const { superuserUrl, store } = rig.database
    if (how === 'revoked') await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id })
    if (how === 'expired')
      await asSuperuser(
        superuserUrl,
        `update support_sessions set issued_at = issued_at - interval '20 minutes', expires_at = clock_timestamp() where id = $1`,
        [session.id],
      )
    if (how === 'idle')
      await asSuperuser(superuserUrl, 'update session_activity set idle_at = clock_timestamp() where session_id = $1', [session.id])
    expect(await codeOf(extend(session))).toBe(code)
    const insert = `insert into session_extensions (session_id, expires_at, event_id) values ($1, clock_timestamp() + interval '1 minute', 'evt_x')`
    await expect(store.pool.query(insert, [session.id])).rejects.toThrow('only a session that runs is extended')
  })

  it('S14 the database refuses what would run for more than 60 minutes, and what is shorter', async () => {
    const { session } = await rig.open({ ttl_minutes: 30 })
    const insert = (minutes: number) =>
      rig.database.store.pool.query(
        `insert into session_extensions (session_id, expires_at, event_id) select id, issued_at + $2 * interval '1 minute', 'evt_x'
         from support_sessions where id = $1`,
        [session.id, minutes],
      )
    await expect(insert(61)).rejects.toThrow(/check constraint/)
    await expect(insert(10)).rejects.toThrow('only a session that runs is extended')
  })

  it('P10 what runs in it follows: until when is read anew', async () => {
    const { session } = await rig.open({ ttl_minutes: 1 })
    const admission = newAdmission(rig.database)
    const deadline = async () => {
      const look = (await admission.lookAt([session.id])).get(session.id)
      return look?.code === undefined ? look?.deadlineMs : undefined
    }
    const before = (await deadline()) as number
    await extend(session, { minutes: 10 })
    expect(((await deadline()) as number) - before).toBeGreaterThan(599_000)
  })
})

describe('an extension that needs an approval (SE-8, GA)', () => {
  it('M1 requires what opening does, unless the configuration says otherwise', () => {
    const table = (actions: string) => needsWith(actions).policy.table
    expect(table('{ open_session: { requires: [reason, ticket], approvals: 2, off: true } }').extend_session).toMatchObject({
      requires: ['reason', 'ticket'],
      approvals: 2,
      off: true,
      risk: 'med',
    })
    expect(
      table('{ impersonate: { requires: [reason, approval] }, extend_impersonation: { requires: [reason] } }').extend_impersonation,
    ).toMatchObject({
      requires: ['reason'],
      risk: 'high',
      off: false,
    })
  })

  it('SE-8 waits, is seen by approvers with its minutes, happens once when approved, and the next needs another', async () => {
    const { session } = await rig.open({ ttl_minutes: 5 })
    const needs = needsWith('{ extend_session: { requires: [reason, approval] } }')
    expect(await codeOf(extend(session, {}, rig.staff, needs))).toBe('gates_unmet')
    const asked = await extend(session, { ask_approval: true }, rig.staff, needs)
    if (!('request' in asked)) throw new Error('it waits for nothing')
    const { request } = asked
    expect(request).toMatchObject({ action: 'extend_session', state: 'pending', parameters: { session_id: session.id, ttl_minutes: 10 } })
    expect((await read(session)).expires_at).toBe(session.expires_at)
    const db = rig.database.store.db
    const boss = await rig.newStaff(['support_manager'])
    await db
      .insertInto('action_decisions')
      .values({ request_id: request.id, requester_id: rig.staff.id, staff_id: boss.id, decision: 'approved' } as never)
      .execute()
    await db.updateTable('action_requests').set({ state: 'approved' }).where('id', '=', request.id).execute()
    const acting = needs as unknown as Parameters<typeof executeRequest>[0]
    const outcomes = await Promise.all([1, 2, 3].map(() => codeOf(executeRequest(acting, request.id))))
    expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'nothing was refused'])
    expect(Date.parse((await read(session)).expires_at) - Date.parse(session.expires_at)).toBe(600_000)
    expect(await eventsOf(session, 'SUPPORT_SESSION.EXTENDED')).toMatchObject([
      { result: 'deny', code: 'gates_unmet' },
      { result: 'ok', details: { request_id: request.id, minutes: 10 }, actor: { id: rig.staff.id } },
    ])
    expect(await codeOf(extend(session, {}, rig.staff, needs))).toBe('gates_unmet')
  })

  it('SE-8 is void where the session was revoked before it was approved', async () => {
    const { session } = await rig.open({ ttl_minutes: 5 })
    const needs = needsWith('{ extend_session: { requires: [reason, approval] } }')
    const asked = await extend(session, { ask_approval: true }, rig.staff, needs)
    if (!('request' in asked)) throw new Error('it waits for nothing')
    const db = rig.database.store.db
    const boss = await rig.newStaff(['support_manager'])
    await db
      .insertInto('action_decisions')
      .values({ request_id: asked.request.id, requester_id: rig.staff.id, staff_id: boss.id, decision: 'approved' } as never)
      .execute()
    await db.updateTable('action_requests').set({ state: 'approved' }).where('id', '=', asked.request.id).execute()
    await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id })
    expect(await codeOf(executeRequest(needs as unknown as Parameters<typeof executeRequest>[0], asked.request.id))).toBe('approval_void')
    expect((await read(session)).status).toBe('REVOKED')
    const row = await db.selectFrom('action_requests').select('state').where('id', '=', asked.request.id).executeTakeFirst()
    expect(row?.state).toBe('void')
  })
})
