import { afterAll, beforeAll, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
let rob: string
const staffOf = async (visitor: ReturnType<typeof newVisitor>) =>
  ((await (await visitor.get('/api/me')).json()) as { staff: { id: string; email: string; roles: string[] } }).staff

beforeAll(async () => {
  door = await startIssuerDoor()
  const visitor = newVisitor(door.url)
  door.issuer.person = { sub: 'rob', email: 'a@corp.com', email_verified: true, name: 'Rob', roles: ['super_admin'] }
  await signInAt(visitor)
  rob = (await staffOf(visitor)).id
})
afterAll(() => door?.close())

it.each([
  ['the same address', { email: 'a@corp.com', email_verified: true }, 'a@corp.com'],
  ['the same address, unverified', { email: 'a@corp.com', email_verified: false }, 'mallory'],
  ['a@corp.com@evil.com', { email: 'a@corp.com@evil.com' }, 'a@corp.com@evil.com'],
  ['another case', { email: 'a@CORP.com' }, 'a@CORP.com'],
  ['a Cyrillic letter', { email: '\u0430@corp.com' }, '\u0430@corp.com'],
  ['a trailing dot', { email: 'a@corp.com.' }, 'a@corp.com.'],
  ['an order reversed to the eye', { email: 'a\u202e@corp.com' }, 'a@corp.com'],
  ['no address, and the same user name', { email: undefined, preferred_username: 'a@corp.com' }, 'a@corp.com'],
  ['an address that is an object', { email: { toString: 'a@corp.com' } }, 'mallory'],
])('AN-10 gives nothing of a staff member to another subject with %s', async (_name, labels, shown) => {
  const mallory = newVisitor(door.url)
  door.issuer.person = { sub: 'mallory', name: 'Rob', roles: ['auditor'], ...labels }
  expect((await signInAt(mallory)).status).toBe(303)
  const staff = await staffOf(mallory)
  expect(staff.id).not.toBe(rob)
  expect([staff.roles, staff.email]).toEqual([['auditor'], shown])
  const kept = await door.database.store.db
    .selectFrom('staff')
    .select(['subject', 'email', 'roles'])
    .where('id', '=', rob)
    .executeTakeFirst()
  expect(kept).toEqual({ subject: 'rob', email: 'a@corp.com', roles: ['super_admin'] })
})

it('AN-10 knows a staff member again whose address has changed', async () => {
  const visitor = newVisitor(door.url)
  door.issuer.person = { sub: 'rob', email: 'robert@corp.com', name: 'Robert', roles: ['super_admin'] }
  await signInAt(visitor)
  expect(await staffOf(visitor)).toMatchObject({ id: rob, email: 'robert@corp.com' })
})

it('P18 names the human by issuer and subject in the event', async () => {
  const event = (await door.events()).findLast(({ action }) => action === 'AUTH.SIGNED_IN')
  expect(event?.actor).toEqual({
    kind: 'staff',
    id: rob,
    issuer: door.issuer.url,
    subject: 'rob',
    email: 'robert@corp.com',
    name: 'Robert',
  })
})
