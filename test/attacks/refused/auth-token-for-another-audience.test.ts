import { afterAll, beforeAll, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())

it.each([
  ['of another client', { aud: 'other' }, /audience/],
  ['a list with a foreign extra and no azp', { aud: ['console', 'other'] }, /azp|audience/],
  ['a list with a foreign extra and a foreign azp', { aud: ['console', 'other'], azp: 'other' }, /azp|another client/],
  ['a list without us and our azp', { aud: ['other', 'third'], azp: 'console' }, /audience/],
  ['ours, given to another client', { aud: 'console', azp: 'other' }, /azp|another client/],
  ['an empty list', { aud: [] }, /audience/],
  ['missing', { aud: undefined }, /aud/],
  ['an object', { aud: { console: true } }, /aud/],
])('AN-5 refuses an ID token whose audience is %s', async (_name, change, note) => {
  door.issuer.token = ({ claims, ...parts }) => ({ ...parts, claims: { ...claims, ...change } })
  await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_refused', note })
})
