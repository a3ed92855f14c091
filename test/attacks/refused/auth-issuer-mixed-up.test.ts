import { afterEach, beforeEach, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeEach(async () => {
  door = await startIssuerDoor()
})
afterEach(() => door?.close())

it('AN-4 refuses an ID token of another issuer', async () => {
  door.issuer.token = ({ claims, ...parts }) => ({ ...parts, claims: { ...claims, iss: 'https://idp.evil.example' } })
  await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_refused', note: /issuer/ })
})

it('AN-4 refuses an issuer that differs by a slash', async () => {
  door.issuer.token = ({ claims, ...parts }) => ({ ...parts, claims: { ...claims, iss: `${door.issuer.url}/` } })
  await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_refused', note: /issuer/ })
})

it.each([
  ['of another issuer', (answer: URLSearchParams) => answer.set('iss', 'https://idp.evil.example')],
  ['missing where it was announced', (answer: URLSearchParams) => answer.delete('iss')],
  ['twice', (answer: URLSearchParams) => answer.append('iss', 'https://idp.evil.example')],
])('AN-4 refuses an answer whose iss parameter is %s (RFC 9207)', async (_name, change) => {
  door.issuer.answer = change
  await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_refused', note: /iss/ })
  expect(door.issuer.requests.some(({ path }) => path === '/token')).toBe(false)
})

it('AN-4 does not begin a sign-in where discovery names another issuer', async () => {
  door.issuer.describe = (document) => ({ ...document, issuer: 'https://idp.evil.example' })
  const begun = await newVisitor(door.url).get('/auth/sign-in')
  expect(begun.status).toBe(503)
  expect(await begun.json()).toMatchObject({ code: 'identity_provider_unavailable' })
})
