import { consoleRoles } from '@countersign/contract/staff.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { disableStaff } from '../../../server/src/identity/staff/disable.ts'
import { enableStaff } from '../../../server/src/identity/staff/enable.ts'
import { newId } from '../../../server/src/ids.ts'
import { endSessionsOfStaff } from '../../../server/src/sessions/end-of-staff.ts'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor({
    routes: (app) => {
      app.get('/api/console', { config: { access: consoleRoles }, schema: { response: { 200: z.object({}) } } }, async () => ({}))
    },
  })
})
afterAll(() => door?.close())

const signed = async (sub: string, roles: unknown) => {
  const visitor = newVisitor(door.url)
  door.issuer.person = { sub, email: `${sub}@vendor.example`, name: sub, roles }
  return { visitor, response: await signInAt(visitor) }
}
const ask = async (visitor: ReturnType<typeof newVisitor>) => {
  const response = await visitor.get('/api/console')
  return [response.status, ((await response.json()) as { code?: string }).code]
}
const needs = () => {
  const { store, journal } = door.database
  return { store, journal, endSessions: endSessionsOfStaff(journal) }
}
const operator = { kind: 'operator', id: 'root' } as const

it('AZ-6 P10 judges by the roles of now, not of the sign-in', async () => {
  const { visitor } = await signed('rob', ['support_admin'])
  expect(await ask(visitor)).toEqual([200, undefined])
  await door.database.store.db
    .updateTable('staff')
    .set({ roles: ['auditor'] })
    .where('subject', '=', 'rob')
    .execute()
  expect(await ask(visitor)).toEqual([403, 'role_missing'])
})

it('AZ-6 takes the role from an open sign-in when a new one brings none, and makes no second one', async () => {
  const { visitor } = await signed('val', ['support_admin'])
  expect(await ask(visitor)).toEqual([200, undefined])
  const { response } = await signed('val', [])
  const sessions = await door.database.store.db.selectFrom('staff_sessions').select('id').where('ended_at', 'is', null).execute()
  const event = await expectRefused(door, response, {
    code: 'no_role',
    note: 'no role in this console any more',
    sessions: sessions.length,
  })
  expect(event.actor).toMatchObject({ kind: 'staff', email: 'val@vendor.example' })
  expect(await ask(visitor)).toEqual([403, 'role_missing'])
})

it('AZ-6 P10 ends the support sessions of whom a sign-in shows to have lost the role, and of nobody who kept one', async () => {
  const { db, pool } = door.database.store
  const open = async (subject: string): Promise<string> => {
    await signed(subject, ['support_admin'])
    const { id: staffId } = await db.selectFrom('staff').select('id').where('subject', '=', subject).executeTakeFirstOrThrow()
    const id = newId('session')
    await pool.query(
      `insert into support_sessions (id, token_hash, tenant_id, staff_id, digests, scopes, expires_at)
       values ($1::text, sha256(convert_to($1::text, 'utf8')), 'ten_a', $2, '{"reason":"x"}', array['a:read'], clock_timestamp() + interval '15 minutes')`,
      [id, staffId],
    )
    return id
  }
  const [lost, changed, kept] = [await open('lea'), await open('ada'), await open('kim')]
  await signed('lea', [])
  await signed('ada', ['auditor'])
  await signed('kim', ['super_admin'])
  const revoked = await db.selectFrom('session_revocations').select(['session_id', 'revoked_by_kind', 'revoked_by']).execute()
  const byRole = { revoked_by_kind: 'role_lost', revoked_by: 'sign-in' }
  expect(revoked.toSorted((a, b) => (a.session_id < b.session_id ? -1 : 1))).toEqual(
    [lost, changed].toSorted().map((session_id) => ({ session_id, ...byRole })),
  )
  expect(revoked.map(({ session_id }) => session_id)).not.toContain(kept)
  const ended = (await door.events()).filter(({ action }) => action === 'SUPPORT_SESSION.ROLE_LOST')
  expect(ended.map(({ session_id }) => session_id)).toEqual([lost, changed])
})

it('C1 makes no sign-in for somebody without a role, and keeps nothing but the event', async () => {
  const before = await door.database.store.db.selectFrom('staff_sessions').select('id').where('ended_at', 'is', null).execute()
  const { response } = await signed('eve', ['customer_success'])
  const event = await expectRefused(door, response, { code: 'no_role', note: 'no role in this console', sessions: before.length })
  expect(event).toMatchObject({ actor: { kind: 'anonymous' }, details: { issuer: door.issuer.url, subject: 'eve' } })
  expect(await door.database.store.db.selectFrom('staff').select('id').where('subject', '=', 'eve').execute()).toEqual([])
})

it.each([
  ['a text with a role in it', 'support_admin,super_admin'],
  ['a prototype name', ['__proto__', 'constructor']],
  ['a list in a list', [['super_admin']]],
  ['an object', { super_admin: true }],
  ['another case', ['SUPER_ADMIN']],
  ['spaces around', [' super_admin ']],
])('X5 gives no role for %s', async (_name, roles) => {
  expect((await signed('mallory', roles)).response.status).toBe(403)
})

it('AN-13 P10 shuts a disabled staff member out at the next request, and at the next sign-in', async () => {
  const { visitor } = await signed('mgr', ['support_admin'])
  expect(await disableStaff({ ...needs(), principal: operator }, 'mgr@vendor.example')).toMatchObject({ disabled: true, ended: 1 })
  expect((await door.events()).at(-1)).toMatchObject({
    action: 'STAFF.DISABLED',
    actor: { kind: 'operator', id: 'root' },
    details: { count: 1 },
  })
  expect(await ask(visitor)).toEqual([401, 'session_over'])
  const open = await door.database.store.db.selectFrom('staff_sessions').select('id').where('ended_at', 'is', null).execute()
  const event = await expectRefused(door, (await signed('mgr', ['super_admin'])).response, {
    code: 'sign_in_refused',
    note: 'the staff member is disabled',
    sessions: open.length,
  })
  expect(event.actor).toMatchObject({ kind: 'staff', subject: 'mgr' })
  expect(await enableStaff({ ...needs(), principal: operator }, 'mgr@vendor.example')).toMatchObject({ enabled: true })
  expect((await signed('mgr', ['support_admin'])).response.status).toBe(303)
  expect(await ask(visitor)).toEqual([401, 'session_over'])
})

it('AN-13 refuses also where only the row says disabled', async () => {
  const { visitor } = await signed('ada', ['super_admin'])
  await door.database.store.db.updateTable('staff').set({ disabled_at: new Date() }).where('subject', '=', 'ada').execute()
  expect(await ask(visitor)).toEqual([401, 'session_over'])
})
