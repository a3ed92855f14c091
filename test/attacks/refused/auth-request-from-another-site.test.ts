import { request } from 'node:http'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { sessionCookie } from '../../../server/src/identity/cookies.ts'
import { requireSameOrigin } from '../../../server/src/identity/same-origin.ts'
import { signIn, type Visitor } from '../../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../../support/sign-in-door.ts'

let door: SignInDoor
let rob: Visitor
let changed = 0
beforeAll(async () => {
  door = await startSignInDoor({
    routes: (app) => {
      app.post('/api/change', { config: { access: consoleRoles }, schema: { response: { 200: z.object({}) } } }, async () => {
        changed++
        return {}
      })
      app.get('/api/users/:user_id', { config: { access: consoleRoles }, schema: { response: { 200: z.object({}) } } }, async () => {
        changed++
        return {}
      })
      app.get('/tenants', { config: { access: 'public' }, schema: { response: { 200: z.object({}) } } }, async () => ({}))
    },
  })
  rob = await signIn(door.url, 'rob')
})
afterAll(() => door?.close())

const own = () => door.url
const asItIs = (headers: Record<string, string>) =>
  fetch(`${door.url}/api/change`, {
    method: 'POST',
    headers: { cookie: `${sessionCookie(door.url)}=${rob.cookies.get(sessionCookie(door.url))}`, ...headers },
  })

it.each<[string, () => Record<string, string>]>([
  ['no Origin', () => ({})],
  ['Origin: null', () => ({ origin: 'null' })],
  ['another origin', () => ({ origin: 'https://evil.example' })],
  ['our host on another port', () => ({ origin: 'http://localhost:1' })],
  ['our name by address', () => ({ origin: own().replace('localhost', '127.0.0.1') })],
  ['a sub-domain of ours', () => ({ origin: own().replace('localhost', 'evil.localhost') })],
  ['our origin and more', () => ({ origin: `${own()}.evil.example` })],
  ['our origin with a slash', () => ({ origin: `${own()}/` })],
  ['our origin in capitals', () => ({ origin: own().toUpperCase() })],
  ['our origin over TLS', () => ({ origin: own().replace('http:', 'https:') })],
  ['Sec-Fetch-Site: cross-site', () => ({ origin: own(), 'sec-fetch-site': 'cross-site' })],
  ['Sec-Fetch-Site: same-site', () => ({ origin: own(), 'sec-fetch-site': 'same-site' })],
  ['Sec-Fetch-Site: none', () => ({ origin: own(), 'sec-fetch-site': 'none' })],
  ['Sec-Fetch-Site: Same-Origin', () => ({ origin: own(), 'sec-fetch-site': 'Same-Origin' })],
  ['a form of another site', () => ({ origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' })],
  ['text/plain from another site', () => ({ origin: 'https://evil.example', 'content-type': 'text/plain' })],
  ['only a Referer of ours', () => ({ referer: `${own()}/` })],
])('WB-2 refuses a change with %s', async (_name, headers) => {
  const before = changed
  const response = await asItIs(headers())
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([403, 'cross_site'])
  expect(changed).toBe(before)
})

it('WB-2 refuses two Origin headers, of which one is ours', () => {
  expect(() =>
    requireSameOrigin('POST', ['Origin', 'http://us', 'origin', 'http://us'], { expectedOrigin: 'http://us', kind: 'page' }),
  ).toThrowError(expect.objectContaining({ code: 'cross_site' }))
})

it('WB-2 takes a change from our own page', async () => {
  expect((await asItIs({ origin: own(), 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  expect((await asItIs({ origin: own() })).status).toBe(200)
})

/** By hand: fetch() writes its own Sec-Fetch-Mode. */
const read = (path: string, headers: Record<string, string>) =>
  new Promise<[number | undefined, string | undefined, unknown]>((resolve, reject) => {
    const cookie = `${sessionCookie(door.url)}=${rob.cookies.get(sessionCookie(door.url))}`
    request(`${door.url}${path}`, { headers: { cookie, ...headers } }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve([response.statusCode, text === '' ? undefined : JSON.parse(text).code, response.headers['set-cookie']]),
      )
    })
      .on('error', reject)
      .end()
  })

it.each([
  ['a fetch', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
  ['an event stream', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
  ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ['a frame', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
])('WB-2 refuses a read by %s of another site', async (_name, headers) => {
  expect(await read('/api/me', headers)).toEqual([403, 'cross_site', undefined])
})

const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

it.each(['cross-site', 'same-site', 'same-origin, cross-site', 'Same-Origin', ''])(
  "WB-2 refuses a look-up in a person's name by a navigation that is %s",
  async (site) => {
    const before = changed
    for (const path of ['/api/users/usr_1', '/api/sign-in/options', '/api/me']) {
      expect([path, ...(await read(path, { ...followed, 'sec-fetch-site': site }))]).toEqual([path, 403, 'cross_site', undefined])
    }
    expect(changed).toBe(before)
  },
)

it('WB-2 keeps data for our own pages: no look-up by an address that somebody was made to open', async () => {
  const before = changed
  for (const path of ['/api/users/usr_1', '/api/me']) {
    expect(await read(path, { ...followed, 'sec-fetch-site': 'none' })).toEqual([403, 'cross_site', undefined])
    expect(await read(path, { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' })).toEqual([
      403,
      'cross_site',
      undefined,
    ])
  }
  expect(changed).toBe(before)
  expect((await read('/api/me', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }))[0]).toBe(200)
  expect((await read('/api/sign-in/options', { ...followed, 'sec-fetch-site': 'none' }))[0]).toBe(200)
})

it('WB-2 lets a person follow a link to a page of ours, and open its address by hand', async () => {
  for (const site of ['cross-site', 'same-site', 'none']) {
    expect(await read('/tenants', { ...followed, 'sec-fetch-site': site })).toEqual([200, undefined, undefined])
    expect((await read('/nowhere', { ...followed, 'sec-fetch-site': site }))[0]).toBe(404)
  }
})

it('WB-2 does not let another site begin a sign-in (login CSRF), nor end one', async () => {
  expect(await read('/auth/sign-in?as=rob', followed)).toEqual([403, 'cross_site', undefined])
  expect(await read('/auth/sign-in?as=rob', { ...followed, 'sec-fetch-site': 'same-site' })).toEqual([403, 'cross_site', undefined])
  expect((await read('/auth/sign-in?as=rob', { ...followed, 'sec-fetch-site': 'none' }))[0]).toBe(303)
  const out = await rob.send('POST', '/auth/sign-out', undefined, { origin: 'https://evil.example' })
  expect(out.status).toBe(403)
  expect((await rob.get('/api/me')).status).toBe(200)
})
