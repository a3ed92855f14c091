import { afterAll, beforeAll, expect, it } from 'vitest'
import { sessionCookie } from '../../../server/src/identity/cookies.ts'
import { newVisitor } from '../../support/browser.ts'
import { type IssuerDoor, reachCallback, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())

it('AN-2 lets a person in who begins to sign in in three tabs at once, in whatever order they come back', async () => {
  const rob = newVisitor(door.url)
  const begun = await Promise.all([1, 2, 3].map((tab) => reachCallback(rob, `/auth/sign-in?return_to=/tenants?tab=${tab}`)))
  for (const at of [2, 0, 1]) {
    const answer = await rob.get((begun[at] as URL).href)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/tenants?tab=${at + 1}`])
  }
  expect([...rob.cookies.keys()]).toEqual([sessionCookie(door.url)])
  expect((await rob.get('/api/me')).status).toBe(200)
})

it('keeps no more than twenty sign-ins of a browser, and the newest of them', async () => {
  const rob = newVisitor(door.url)
  const begun: URL[] = []
  for (let n = 0; n < 25; n++) begun.push(await reachCallback(rob))
  expect(rob.cookies.size).toBe(20)
  expect((await rob.get((begun[4] as URL).href)).status).toBe(400)
  expect((await rob.get((begun[5] as URL).href)).status).toBe(303)
})
