import { afterAll, beforeAll, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())

it.each([
  ['a list of several with us as azp, as ZITADEL makes it', { aud: ['313131', 'console', '323232'], azp: 'console' }],
  ['a list with us alone', { aud: ['console'] }],
  ['ours, given to us', { aud: 'console', azp: 'console' }],
])('AN-5 takes an ID token whose audience is %s', async (_name, change) => {
  door.issuer.token = ({ claims, ...parts }) => ({ ...parts, claims: { ...claims, ...change } })
  const rob = newVisitor(door.url)
  expect((await signInAt(rob)).status).toBe(303)
  expect((await rob.get('/api/me')).status).toBe(200)
})
