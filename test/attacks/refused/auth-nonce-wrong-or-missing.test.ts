import { afterAll, beforeAll, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())

it.each([
  ['wrong', 'another', 'nonce'],
  ['missing', undefined, 'nonce'],
  ['empty', '', 'nonce'],
  ['null', null, 'nonce'],
  ['a list', ['x'], 'nonce'],
])('AN-3 refuses an ID token whose nonce is %s', async (_name, nonce, note) => {
  door.issuer.token = ({ claims, ...parts }) => ({ ...parts, claims: { ...claims, nonce } })
  await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_refused', note: new RegExp(note) })
})
