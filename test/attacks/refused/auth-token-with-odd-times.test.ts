import { afterAll, beforeAll, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())

const now = () => Math.floor(Date.now() / 1000)
const tamper = (change: () => Record<string, unknown>) => {
  door.issuer.token = ({ claims, ...parts }) => ({ ...parts, claims: { ...claims, ...change() } })
}

it.each([
  ['an exp one second beyond the skew', () => ({ exp: now() - 61 })],
  ['no exp', () => ({ exp: undefined })],
  ['an exp that is text', () => ({ exp: String(now() + 300) })],
  ['an exp of 1e30', () => ({ exp: 1e30 })],
  ['an exp below zero', () => ({ exp: -1 })],
  ['an exp that is a fraction below the skew', () => ({ exp: now() - 61.5 })],
  ['an iat more than fifteen minutes old', () => ({ iat: now() - 905 })],
  ['an exp of null', () => ({ exp: null })],
  ['an iat one week old', () => ({ iat: now() - 604_800 })],
  ['an iat in the future', () => ({ iat: now() + 65 })],
  ['no iat', () => ({ iat: undefined })],
  ['an iat that is text', () => ({ iat: String(now()) })],
  ['an nbf in the future', () => ({ nbf: now() + 65 })],
  ['an nbf that is text', () => ({ nbf: 'now' })],
])('AN-6 refuses an ID token with %s', async (_name, change) => {
  tamper(change)
  await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_refused', note: /exp|iat|nbf/ })
})

it('AN-6 takes a token within the skew of 60 seconds', async () => {
  tamper(() => ({ exp: now() - 50, iat: now() + 50, nbf: now() + 50 }))
  expect((await signInAt(newVisitor(door.url))).status).toBe(303)
})

it('AN-6 takes times with fractions, which RFC 7519 allows', async () => {
  tamper(() => ({ exp: now() + 300.25, iat: now() - 0.5, nbf: now() - 0.125 }))
  expect((await signInAt(newVisitor(door.url))).status).toBe(303)
})
