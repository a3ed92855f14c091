import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sessionCookie } from '../../../server/src/identity/cookies.ts'
import { newVisitor, signIn } from '../../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../../support/sign-in-door.ts'

let door: SignInDoor
beforeAll(async () => {
  door = await startSignInDoor()
})
afterAll(() => door?.close())

const code = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code]

it('AN-11 does not take over an id that was in the browser before', async () => {
  const planted = randomBytes(32).toString('base64url')
  const victim = newVisitor(door.url)
  victim.cookies.set(sessionCookie(door.url), planted)
  const begun = await victim.get('/auth/sign-in?as=rob')
  let response = await victim.get(begun.headers.get('location') as string)
  while (response.headers.get('location') !== '/')
    response = await victim.get(new URL(response.headers.get('location') as string, door.url).href)
  expect(victim.cookies.get(sessionCookie(door.url))).not.toBe(planted)
  const mallory = newVisitor(door.url)
  mallory.cookies.set(sessionCookie(door.url), planted)
  expect(await code(await mallory.get('/api/me'))).toEqual([401, 'not_signed_in'])
  expect((await victim.get('/api/me')).status).toBe(200)
})

it('AN-11 ends the sign-in that a new one replaces', async () => {
  const rob = await signIn(door.url, 'rob')
  const before = rob.cookies.get(sessionCookie(door.url)) as string
  const again = await signIn(door.url, 'rob')
  const both = newVisitor(door.url)
  both.cookies.set(sessionCookie(door.url), before)
  expect((await both.get('/api/me')).status).toBe(200)
  // The same browser signs in as somebody else.
  let response = await both.get('/auth/sign-in?as=val')
  while (response.headers.get('location') !== '/')
    response = await both.get(new URL(response.headers.get('location') as string, door.url).href)
  const old = newVisitor(door.url)
  old.cookies.set(sessionCookie(door.url), before)
  expect(await code(await old.get('/api/me'))).toEqual([401, 'session_over'])
  expect((await again.get('/api/me')).status).toBe(200)
})

it.each([
  ['in one header', (value: string) => [`${sessionCookie(door.url)}=${value}; ${sessionCookie(door.url)}=${'A'.repeat(43)}`]],
  ['in two headers', (value: string) => [`${sessionCookie(door.url)}=${'A'.repeat(43)}`, `${sessionCookie(door.url)}=${value}`]],
  ['with a space before the name', (value: string) => [`x=1;  ${sessionCookie(door.url)}=${value};${sessionCookie(door.url)}=`]],
])('AN-11 refuses the session cookie twice, %s (a sub-domain shadowing ours)', async (_name, header) => {
  const rob = await signIn(door.url, 'rob')
  const status = await new Promise<[number | undefined, string]>((resolve, reject) => {
    const call = request(
      `${door.url}/api/me`,
      { headers: { cookie: header(rob.cookies.get(sessionCookie(door.url)) as string) } },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve([response.statusCode, (JSON.parse(text) as { code: string }).code]))
      },
    )
    call.on('error', reject).end()
  })
  expect(status).toEqual([400, 'duplicate_cookie'])
})

it('AN-11 sets the cookie for our host only, out of reach of scripts and of other sites', async () => {
  const rob = newVisitor(door.url)
  let response = await rob.get('/auth/sign-in?as=rob')
  while (response.headers.get('location') !== '/')
    response = await rob.get(new URL(response.headers.get('location') as string, door.url).href)
  const [cookie] = response.headers.getSetCookie().filter((line) => line.startsWith(`${sessionCookie(door.url)}=`))
  expect(cookie).toMatch(/^countersign-\d+=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
})
