import { afterEach, beforeEach, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, reachCallback, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeEach(async () => {
  door = await startIssuerDoor()
})
afterEach(() => door?.close())

it('AN-7 refuses a code in a second browser, and ends the sign-in that it made', async () => {
  const [rob, mallory] = [newVisitor(door.url), newVisitor(door.url)]
  const url = await reachCallback(rob)
  expect((await rob.get(url.href)).status).toBe(303)
  expect((await rob.get('/api/me')).status).toBe(200)
  // Mallory saw the address, and has a sign-in of their own under way.
  const own = await reachCallback(mallory)
  own.searchParams.set('code', url.searchParams.get('code') as string)
  const event = await expectRefused(door, await mallory.get(own.href), {
    code: 'sign_in_refused',
    note: /invalid_grant; the sign-in made with this code was ended/,
  })
  expect(event.target?.kind).toBe('staff')
  const me = await rob.get('/api/me')
  expect([me.status, ((await me.json()) as { code: string }).code]).toEqual([401, 'session_over'])
})

it('AN-7 refuses both when one answer is sent twice at the same time', async () => {
  const rob = newVisitor(door.url)
  const begun = await rob.get('/auth/sign-in')
  const cookie = [...rob.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const url = (await rob.get(begun.headers.get('location') as string)).headers.get('location') as string
  // The provider holds its honest answer to the first until the second was refused.
  const held = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  door.issuer.pause = async (path) => {
    if (path !== '/token') return
    reached.resolve()
    await held.promise
  }
  const first = fetch(url, { redirect: 'manual', headers: { cookie } })
  await reached.promise
  const second = await fetch(url, { redirect: 'manual', headers: { cookie } })
  await expectRefused(door, second, { code: 'sign_in_stale', note: 'the state was used before' })
  held.resolve()
  await expectRefused(door, await first, { code: 'sign_in_stale', note: 'the answer was sent twice' })
  expect(await door.database.store.db.selectFrom('staff_sessions').selectAll().execute()).toEqual([])
})

it('AN-7 sends a PKCE challenge (S256) and redeems the code with its verifier: without it the provider refuses', async () => {
  const rob = newVisitor(door.url)
  const url = await reachCallback(rob)
  const authorize = door.issuer.requests.find(({ path }) => path === '/authorize')
  expect(authorize?.query.get('code_challenge_method')).toBe('S256')
  expect(authorize?.query.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/)
  await door.database.store.db
    .updateTable('sign_in_flows')
    .set({ code_verifier: 'A'.repeat(43) })
    .execute()
  await expectRefused(door, await rob.get(url.href), { code: 'sign_in_refused', note: 'the identity provider answered invalid_grant' })
  expect(door.issuer.refused).toBe('invalid_grant')
})

it('AN-7 takes an honest answer', async () => {
  expect((await signInAt(newVisitor(door.url))).status).toBe(303)
})
