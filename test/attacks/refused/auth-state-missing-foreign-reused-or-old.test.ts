import type { ErrorCode } from '@countersign/contract/errors.ts'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { flowCookie, sessionCookie } from '../../../server/src/identity/cookies.ts'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, reachCallback, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())
afterEach(async () => {
  await door.database.store.db.updateTable('staff_sessions').set({ ended_at: new Date() }).execute()
})

it('AN-2 refuses an answer without a state', async () => {
  const rob = newVisitor(door.url)
  const url = await reachCallback(rob)
  url.searchParams.delete('state')
  await expectRefused(door, await rob.get(url.href), { code: 'sign_in_refused', note: 'no state' })
})

it.each([
  ['invented', (url: URL) => url.searchParams.set('state', 'A'.repeat(43)), 'sign_in_stale' as ErrorCode],
  ['twice', (url: URL) => url.searchParams.append('state', url.searchParams.get('state') as string)],
  ['huge', (url: URL) => url.searchParams.set('state', 'A'.repeat(7000))],
  ['with a NUL', (url: URL) => url.searchParams.set('state', `${url.searchParams.get('state')}\0`)],
] as const)('AN-2 refuses a state that is %s', async (_name, change, code: ErrorCode = 'sign_in_refused') => {
  const rob = newVisitor(door.url)
  const url = await reachCallback(rob)
  change(url)
  await expectRefused(door, await rob.get(url.href), { code, note: /state/ })
})

it('AN-2 refuses a state in another browser, and then in the right one too', async () => {
  const [rob, mallory] = [newVisitor(door.url), newVisitor(door.url)]
  const url = await reachCallback(rob)
  await expectRefused(door, await mallory.get(url.href), { code: 'sign_in_stale', note: 'the state is of another browser, or too old' })
  await expectRefused(door, await rob.get(url.href), { code: 'sign_in_stale', note: 'the state is unknown, used or too old' })
})

it('AN-2 refuses a state that belongs to another sign-in: the login of somebody else cannot be pushed into a browser (login CSRF)', async () => {
  const [victim, mallory] = [newVisitor(door.url), newVisitor(door.url)]
  await reachCallback(victim)
  const theirs = await reachCallback(mallory)
  await expectRefused(door, await victim.get(theirs.href), { code: 'sign_in_stale', note: 'the state is of another browser, or too old' })
  expect(victim.cookies.has(sessionCookie(door.url))).toBe(false)
})

it('AN-2 refuses a state that was used', async () => {
  const rob = newVisitor(door.url)
  const begun = await rob.get('/auth/sign-in')
  const [[name, flow] = ['', '']] = [...rob.cookies]
  const url = (await rob.get(begun.headers.get('location') as string)).headers.get('location') as string
  expect((await rob.get(url)).status).toBe(303)
  expect(name).toBe(flowCookie(door.url, new URL(url).searchParams.get('state') as string))
  rob.cookies.set(name, flow)
  rob.cookies.delete(sessionCookie(door.url))
  await expectRefused(door, await rob.get(url), {
    code: 'sign_in_stale',
    note: /^the state is unknown, used or too old; the sign-in made with this code was ended$/,
  })
})

it('AN-2 refuses a state that is ten minutes old, by the clock of the database', async () => {
  const rob = newVisitor(door.url)
  const url = await reachCallback(rob)
  await door.database.store.db
    .updateTable('sign_in_flows')
    .set({ created_at: new Date(Date.now() - 600_000) })
    .execute()
  await expectRefused(door, await rob.get(url.href), { code: 'sign_in_stale', note: 'the state is of another browser, or too old' })
})
