import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { expectRefused, type IssuerDoor, reachCallback, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

const now = () => Math.floor(Date.now() / 1000)
const strong = () => ({ acr: 'urn:mfa', amr: ['pwd', 'otp'], auth_time: now() - 100 })

let door: IssuerDoor
let plain: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor({ identity: { acr_values: ['urn:mfa', 'urn:hardware'], amr_any: ['otp', 'hwk'], max_age_seconds: 300 } })
  plain = await startIssuerDoor()
})
afterAll(async () => {
  await door?.close()
  await plain?.close()
})
const say = (to: IssuerDoor, change: () => Record<string, unknown>) => {
  to.issuer.token = ({ claims, ...parts }) => ({ ...parts, claims: { ...claims, ...change() } })
}
beforeEach(() => say(door, strong))

it.each<[string, () => Record<string, unknown>, string]>([
  ['no acr', () => ({ acr: undefined }), 'no acr that is accepted'],
  ['a weaker acr', () => ({ acr: 'urn:password' }), 'no acr that is accepted'],
  ['the beginning of an acr', () => ({ acr: 'urn:mf' }), 'no acr that is accepted'],
  ['an acr of null', () => ({ acr: null }), 'no acr that is accepted'],
  ['a list of acr', () => ({ acr: ['urn:mfa'] }), 'no acr that is accepted'],
  ['an acr that is a number', () => ({ acr: 1 }), 'no acr that is accepted'],
  ['no amr', () => ({ amr: undefined }), 'no amr that is accepted'],
  ['an amr of a password alone', () => ({ amr: ['pwd'] }), 'no amr that is accepted'],
  ['an empty amr', () => ({ amr: [] }), 'no amr that is accepted'],
  ['an amr that is text', () => ({ amr: 'otp' }), 'no amr that is accepted'],
  ['an amr with a number in it', () => ({ amr: ['otp', 1] }), 'no amr that is accepted'],
  ['no auth_time', () => ({ auth_time: undefined }), 'no auth_time'],
  ['an auth_time one second beyond age and skew', () => ({ auth_time: now() - 361 }), 'an auth_time that is too long ago'],
  ['an auth_time in the future', () => ({ auth_time: now() + 65 }), 'an auth_time in the future'],
])('AN-8 refuses a sign-in with %s', async (_what, change, note) => {
  say(door, () => ({ ...strong(), ...change() }))
  await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_too_weak', note: `the ID token has ${note}` })
})

it.each([
  ['text', () => String(now())],
  ['null', () => null],
  ['below zero', () => -1],
  ['a fraction', () => now() - 0.5],
  ['1e30', () => 1e30],
])('AN-8 refuses an auth_time that is %s', async (_what, auth_time) => {
  say(door, () => ({ ...strong(), auth_time: auth_time() }))
  const answer = await signInAt(newVisitor(door.url))
  const { code } = (await answer.clone().json()) as { code: 'sign_in_too_weak' | 'sign_in_refused' }
  expect(['sign_in_too_weak', 'sign_in_refused']).toContain(code)
  await expectRefused(door, answer, { code, note: /auth_time/ })
})

it('AN-8 asks the provider for what it will check', async () => {
  await reachCallback(newVisitor(door.url))
  const asked = door.issuer.requests.findLast(({ path }) => path === '/authorize')?.query
  expect([asked?.get('acr_values'), asked?.get('max_age')]).toEqual(['urn:mfa urn:hardware', '300'])
})

it('AN-8 takes a strong and fresh sign-in, within the skew, and puts on the record how it was', async () => {
  const auth_time = now() - 350
  say(door, () => ({ ...strong(), auth_time }))
  expect((await signInAt(newVisitor(door.url))).status).toBe(303)
  expect((await door.events()).findLast(({ action }) => action === 'AUTH.SIGNED_IN')?.details).toMatchObject({
    acr: 'urn:mfa',
    amr: ['pwd', 'otp'],
    auth_time,
  })
})

it('WA-7 lets nobody add a key by a sign-on that stood at the provider: who is to sign in anew has just authenticated there', async () => {
  const visitor = newVisitor(plain.url)
  const callback = async () => visitor.get((await reachCallback(visitor, '/auth/sign-in?return_to=/keys&fresh=true')).href)
  say(plain, () => ({ auth_time: now() - 361 }))
  await expectRefused(plain, await callback(), { code: 'sign_in_too_weak', note: /auth_time that is too long ago/ })
  const asked = plain.issuer.requests.findLast(({ path }) => path === '/authorize')?.query
  expect([asked?.get('prompt'), asked?.get('max_age')]).toEqual(['login', '0'])
  say(plain, () => ({ auth_time: now() - 5 }))
  expect((await callback()).status).toBe(303)
  say(plain, () => ({}))
})

it('AN-8 asks for nothing and checks nothing where no policy is configured', async () => {
  expect((await signInAt(newVisitor(plain.url))).status).toBe(303)
  say(plain, () => ({ acr: 7, amr: 'x' }))
  expect((await signInAt(newVisitor(plain.url))).status).toBe(303)
  const asked = plain.issuer.requests.findLast(({ path }) => path === '/authorize')?.query
  expect([asked?.get('acr_values'), asked?.get('max_age')]).toEqual([null, null])
  const details = (await plain.events()).findLast(({ action }) => action === 'AUTH.SIGNED_IN')?.details
  expect(Object.keys(details ?? {}).sort()).toEqual(['roles', 'sign_in'])
})
