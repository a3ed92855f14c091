import { afterAll, beforeAll, expect, it } from 'vitest'
import { formatCookie, sessionCookie } from '../../server/src/identity/cookies.ts'
import { hashSecret } from '../../server/src/identity/secret.ts'
import { newVisitor, signIn, type Visitor } from '../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../support/sign-in-door.ts'

let door: SignInDoor
beforeAll(async () => {
  door = await startSignInDoor()
})
afterAll(() => door?.close())

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000)
const ask = async (visitor: Visitor, headers?: Record<string, string>) => {
  const response = await visitor.get('/api/me', headers)
  return [response.status, ((await response.json()) as { code?: string }).code]
}
const sessionOf = async (visitor: Visitor) => {
  return door.database.store.db
    .selectFrom('staff_sessions')
    .selectAll()
    .where('token_hash', '=', hashSecret(visitor.cookies.get(sessionCookie(door.url)) as string))
    .executeTakeFirstOrThrow()
}
const set = async (visitor: Visitor, values: { last_seen_at?: Date; expires_at?: Date }) =>
  door.database.store.db
    .updateTable('staff_sessions')
    .set(values)
    .where('id', '=', (await sessionOf(visitor)).id)
    .execute()

it('says until when one is signed in: 15 minutes idle, 8 hours in all', async () => {
  const rob = await signIn(door.url, 'rob')
  const me = (await (await rob.get('/api/me')).json()) as { now: string; idle_expires_at: string; expires_at: string }
  const after = (name: 'idle_expires_at' | 'expires_at') => (Date.parse(me[name]) - Date.parse(me.now)) / 60_000
  expect(after('idle_expires_at')).toBeCloseTo(15, 0)
  expect(after('expires_at')).toBeCloseTo(480, 0)
})

it('ends after 15 idle minutes, puts that on the record once, and stays over', async () => {
  const rob = await signIn(door.url, 'rob')
  await set(rob, { last_seen_at: secondsAgo(899) })
  expect(await ask(rob, { 'countersign-background': '1' })).toEqual([200, undefined])
  await set(rob, { last_seen_at: secondsAgo(901) })
  const before = (await door.events()).length
  expect(await ask(rob)).toEqual([401, 'session_idle'])
  const events = (await door.events()).slice(before)
  expect(events).toMatchObject([
    { action: 'AUTH.DENIED', code: 'session_idle', actor: { email: 'rob@vendor.example' }, note: 'the sign-in has ended: idle' },
  ])
  await set(rob, { last_seen_at: new Date() })
  expect(await ask(rob)).toEqual([401, 'session_idle'])
})

it('ends after 8 hours, however busy', async () => {
  const rob = await signIn(door.url, 'rob')
  await set(rob, { expires_at: secondsAgo(0) })
  expect(await ask(rob)).toEqual([401, 'session_over'])
  expect((await door.events()).at(-1)).toMatchObject({ action: 'AUTH.DENIED', note: 'the sign-in has ended: time limit' })
})

it('moves the idle limit by what a person does, at most every 30 seconds, and never by the page itself', async () => {
  const rob = await signIn(door.url, 'rob')
  const seen = async () => (await sessionOf(rob)).last_seen_at.getTime()
  await set(rob, { last_seen_at: secondsAgo(25) })
  const recent = await seen()
  await ask(rob)
  expect(await seen()).toBe(recent)
  await set(rob, { last_seen_at: secondsAgo(31) })
  const old = await seen()
  await ask(rob, { 'countersign-background': '1' })
  expect(await seen()).toBe(old)
  await ask(rob)
  expect(await seen()).toBeGreaterThan(old + 30_000)
})

it.each([
  ['none', undefined],
  ['an invented one', 'A'.repeat(43)],
  ['not one of ours', 'x'],
  ['SQL', "' or 1=1--"],
  ['10 kB', 'A'.repeat(10_000)],
])('refuses a cookie that is %s, without an event', async (_name, value) => {
  const before = (await door.events()).length
  const visitor = newVisitor(door.url)
  if (value !== undefined) visitor.cookies.set(sessionCookie(door.url), value)
  expect(await ask(visitor)).toEqual([401, 'not_signed_in'])
  expect((await door.events()).length).toBe(before)
})

it('keeps no cookie in the database, nor in an event', async () => {
  const rob = await signIn(door.url, 'rob')
  const secret = rob.cookies.get(sessionCookie(door.url)) as string
  const everything = JSON.stringify([await sessionOf(rob), await door.events()])
  expect(everything).not.toContain(secret)
})

it('signs out on the server, on the record; twice is harmless; the cookie is dead and taken away', async () => {
  const rob = await signIn(door.url, 'rob')
  const secret = rob.cookies.get(sessionCookie(door.url)) as string
  const before = (await door.events()).length
  const out = await rob.send('POST', '/auth/sign-out')
  expect([out.status, out.headers.getSetCookie()]).toEqual([
    204,
    [`${sessionCookie(door.url)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`],
  ])
  expect(rob.cookies.has(sessionCookie(door.url))).toBe(false)
  rob.cookies.set(sessionCookie(door.url), secret)
  expect((await rob.send('POST', '/auth/sign-out')).status).toBe(204)
  expect((await door.events()).slice(before)).toMatchObject([{ action: 'AUTH.SIGNED_OUT', result: 'ok', actor: { subject: 'rob' } }])
  rob.cookies.set(sessionCookie(door.url), secret)
  expect(await ask(rob)).toEqual([401, 'session_over'])
  expect(await ask(rob)).toEqual([401, 'session_over'])
  // Further use of a dead cookie is recorded once a minute.
  expect((await door.events()).slice(before + 1)).toMatchObject([
    { action: 'AUTH.DENIED', note: 'a sign-in that had ended was used: signed out' },
  ])
})

it('signs out without a body and with an empty JSON one alike, and nobody in particular', async () => {
  expect((await newVisitor(door.url).send('POST', '/auth/sign-out')).status).toBe(204)
  expect((await newVisitor(door.url).send('POST', '/auth/sign-out', {})).status).toBe(204)
})

it('names the cookie __Host- and asks for TLS where the address is https', async () => {
  const url = 'https://support.vendor.example'
  expect(formatCookie(url, sessionCookie(url), 'v', { sameSite: 'Strict' })).toBe(
    '__Host-countersign=v; Path=/; HttpOnly; SameSite=Strict; Secure',
  )
})
