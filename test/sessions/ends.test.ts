import type { EndedBy, Session } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import { hashSecret, newSecret } from '../../server/src/identity/secret.ts'
import { signOut } from '../../server/src/identity/sign-in/sign-out.ts'
import { disableStaff } from '../../server/src/identity/staff/disable.ts'
import { newId } from '../../server/src/ids.ts'
import { addTicket } from '../../server/src/sessions/add-ticket.ts'
import { newAdmission } from '../../server/src/sessions/admit.ts'
import { endSessionsOfStaff } from '../../server/src/sessions/end-of-staff.ts'
import { foldReceipt } from '../../server/src/sessions/fold-receipt.ts'
import { getSession } from '../../server/src/sessions/get.ts'
import { revokeSession } from '../../server/src/sessions/revoke.ts'
import { stayInSession } from '../../server/src/sessions/stay.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser } from '../support/database.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

let rig: SessionRig
beforeAll(async () => {
  rig = await startSessionRig()
})
afterAll(() => rig.close())

const needs = () => ({ ...rig.needs, endSessions: endSessionsOfStaff(rig.database.journal) })
const read = ({ id }: Session) => getSession({ ...rig.needs, principal: rig.staff }, id)
const request = { id: newId('request'), method: 'POST', path: '/auth/sign-out' }

/** One session on the tenant and one on a user, of one person. */
const openTwo = async (by: StaffPrincipal) => [
  (await rig.open({ ttl_minutes: 30 }, by)).session,
  (await rig.open({ tenant_id: 'ten_b', target_user_id: 'usr_b' }, by)).session,
]

const signIn = async (by: StaffPrincipal): Promise<string> => {
  const token = newSecret()
  await rig.database.store.db
    .insertInto('staff_sessions')
    .values({ id: newId('staffSession'), token_hash: hashSecret(token), staff_id: by.id, expires_at: new Date(Date.now() + 3_600_000) })
    .execute()
  return token
}

const expectEnded = async (sessions: readonly Session[], by: EndedBy, name: string) => {
  for (const session of sessions) {
    expect(await read(session)).toMatchObject({ status: 'REVOKED', ended_by: by })
    const action = `${session.target_user_id === null ? 'SUPPORT_SESSION' : 'IMPERSONATE'}.${name}`
    const events = await rig.events((event) => event.session_id === session.id)
    expect(events.filter((event) => event.action === action)).toMatchObject([{ result: 'ok', details: { revoked_by: by } }])
    const logged = events.map((event, log_index) => ({ ...event, log_index }))
    expect(foldReceipt('test', logged as Parameters<typeof foldReceipt>[1])).toMatchObject({ ended_by: by })
  }
}

describe('how a session ends, each way by an event of its own', () => {
  it('M16 signing out ends what its person has open, and nobody else’s', async () => {
    const [ann, bob] = [await rig.newStaff(['support_admin']), await rig.newStaff(['support_admin'])]
    const [mine, other] = [await openTwo(ann), await openTwo(bob)]
    const ended = await signOut(needs(), { token: await signIn(ann), request, withSessions: true })
    expect(ended.toSorted()).toEqual(mine.map(({ id }) => id).toSorted())
    await expectEnded(mine, 'signed_out', 'SIGNED_OUT')
    for (const session of other) expect(await read(session)).toMatchObject({ standing: 'usable' })
  })

  it('signing out leaves them where that was chosen, and a cookie that is over ends nothing', async () => {
    const ann = await rig.newStaff(['support_admin'])
    const [session] = await openTwo(ann)
    const token = await signIn(ann)
    expect(await signOut(needs(), { token, request, withSessions: false })).toEqual([])
    expect(await signOut(needs(), { token, request, withSessions: true })).toEqual([])
    expect(await read(session as Session)).toMatchObject({ standing: 'usable' })
  })

  it('P10 a staff member who is disabled has none any more', async () => {
    const ann = await rig.newStaff(['support_admin'])
    const sessions = await openTwo(ann)
    await disableStaff({ ...needs(), principal: { kind: 'operator', id: 'root' } }, ann.id)
    await expectEnded(sessions, 'frozen', 'FROZEN')
    expect(
      await rig.events(({ action, session_id }) => action === 'SUPPORT_SESSION.FROZEN' && session_id === sessions[0]?.id),
    ).toMatchObject([{ actor: { kind: 'operator', id: 'root' } }])
  })

  it('P10 nor has one who lost the role', async () => {
    const ann = await rig.newStaff(['support_admin'])
    const sessions = await openTwo(ann)
    await transaction(rig.needs.store, (tx) => needs().endSessions(tx, ann.id, 'role_lost', { kind: 'system', id: 'sign-in' }))
    await expectEnded(sessions, 'role_lost', 'ROLE_LOST')
  })

  it('M16 overlapping sessions never end each other', async () => {
    const ann = await rig.newStaff(['support_admin'])
    const [first, second] = (await Promise.all([rig.open({}, ann), rig.open({}, ann)])).map(({ session }) => session)
    await revokeSession({ ...rig.needs, principal: ann }, { session_id: (first as Session).id })
    expect(await read(first as Session)).toMatchObject({ status: 'REVOKED', ended_by: 'opener' })
    expect(await read(second as Session)).toMatchObject({ standing: 'usable' })
  })
})

describe('staying in a session (M16)', () => {
  it('M16 counts the idle time anew, on the record, and no longer than the session has', async () => {
    const { session } = await rig.open({ ttl_minutes: 60 })
    await asSuperuser(
      rig.database.superuserUrl,
      `update session_activity set idle_at = clock_timestamp() + interval '1 minute' where session_id = $1`,
      [session.id],
    )
    const stayed = await stayInSession({ ...rig.needs, principal: rig.staff }, session.id)
    expect(Date.parse(stayed.idle_at) - Date.now()).toBeGreaterThan(590_000)
    expect(stayed.expires_at).toBe(session.expires_at)
    expect(await rig.events((event) => event.session_id === session.id && event.action === 'SUPPORT_SESSION.STAYED')).toHaveLength(1)
  })

  it('is for the opener, while the session runs', async () => {
    const { session } = await rig.open()
    const other = await rig.newStaff(['support_admin'])
    expect(await codeOf(stayInSession({ ...rig.needs, principal: other }, session.id))).toBe('session_of_another')
    await asSuperuser(rig.database.superuserUrl, 'update session_activity set idle_at = clock_timestamp() where session_id = $1', [
      session.id,
    ])
    expect(await codeOf(stayInSession({ ...rig.needs, principal: rig.staff }, session.id))).toBe('session_timed_out')
  })
})

describe('a ticket that is added later (A43)', () => {
  const add = (session: Session, ticket: string, by = rig.staff) =>
    addTicket({ ...rig.needs, principal: by }, { session_id: session.id, ticket })

  it('A43 stands with the session, on its later events and on its receipt', async () => {
    const { session } = await rig.open()
    expect((await add(session, 'SUP-4831')).ticket).toBe('SUP-4831')
    await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id })
    const events = await rig.events((event) => event.session_id === session.id)
    expect(events.map(({ action, ticket }) => [action, ticket])).toEqual([
      ['SUPPORT_SESSION.CREATED', undefined],
      ['SUPPORT_SESSION.TICKET_ADDED', 'SUP-4831'],
      ['SUPPORT_SESSION.REVOKED', 'SUP-4831'],
    ])
    expect(events[1]?.actor).toMatchObject({ id: rig.staff.id, email: rig.staff.email })
    const logged = events.map((event, log_index) => ({ ...event, log_index }))
    expect(foldReceipt('test', logged as Parameters<typeof foldReceipt>[1])?.ticket).toBe('SUP-4831')
  })

  it('A43 is named once, by the opener, also where the session is over', async () => {
    const { session } = await rig.open()
    expect(await codeOf(add(session, 'SUP-1', await rig.newStaff(['super_admin'])))).toBe('session_of_another')
    await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id })
    await add(session, 'SUP-2')
    expect(await codeOf(add(session, 'SUP-3'))).toBe('conflict')
    const named = await rig.open({ ticket: 'SUP-4' })
    expect(await codeOf(add(named.session, 'SUP-5'))).toBe('conflict')
  })

  it('A43 is on the events of requests from then on: what is remembered without it is not admitted', async () => {
    const { session } = await rig.open()
    const [row] = await asSuperuser<{ hash: string }>(
      rig.database.superuserUrl,
      `select encode(token_hash, 'hex') as hash from support_sessions where id = $1`,
      [session.id],
    )
    const admission = newAdmission(rig.database)
    expect((await admission.findFacts(row?.hash as string))?.digests.ticket).toBeUndefined()
    await add(session, 'SUP-6')
    const seen: (string | undefined)[] = []
    const facts = await admission.findFacts(row?.hash as string)
    if (!facts) throw new Error('the session has no facts')
    await admission.admit(facts, { scope: 'billing:read', roles: ['support_admin'] }, async ({ digests }) => {
      seen.push(digests.ticket)
      return digests.ticket
    })
    expect([seen[0], typeof seen[1]]).toEqual([undefined, 'string'])
  })
})
