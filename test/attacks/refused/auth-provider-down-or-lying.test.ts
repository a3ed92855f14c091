import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { newFetch, openProviderPeer } from '../../../server/src/identity/issuer/fetch.ts'
import { newKeysFetch } from '../../../server/src/identity/issuer/keys-fetch.ts'
import { openIssuer } from '../../../server/src/identity/issuer/open.ts'
import { redeem } from '../../../server/src/identity/sign-in/redeem.ts'
import { newVisitor } from '../../support/browser.ts'
import type { TestIssuer } from '../../support/issuer.ts'
import { expectRefused, type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
let issuer: TestIssuer
beforeAll(async () => {
  door = await startIssuerDoor()
  issuer = door.issuer
})
afterAll(() => door?.close())
beforeEach(() => {
  issuer.instead.clear()
  issuer.requests.length = 0
  issuer.describe = (document) => document
  issuer.token = (parts) => parts
})

const asJson = (response: ServerResponse, text: string): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(text)
const lies: [string, (response: ServerResponse) => void][] = [
  ['500', (response) => void response.writeHead(500).end()],
  ['404', (response) => void response.writeHead(404).end()],
  ['10 MB', (response) => asJson(response, `{"keys":[],"x":"${'y'.repeat(10_000_000)}"}`)],
  [
    'a redirect to the metadata service',
    (response) => void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
  ],
  ['a redirect to itself', (response) => void response.writeHead(307, { location: '/followed' }).end()],
  ['HTML', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')],
  ['half a JSON', (response) => asJson(response, '{"keys":[')],
  ['a JSON list', (response) => asJson(response, '[]')],
  ['null', (response) => asJson(response, 'null')],
  ['nothing', (response) => asJson(response, '')],
  ['a hang-up', (response) => void response.destroy()],
  [
    'half an answer',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{', () => response.destroy())
    },
  ],
]

const followed = () => issuer.requests.some(({ path }) => path === '/followed')
const open = () => openIssuer({ issuer: issuer.url, client_id: issuer.client_id, client_secret: issuer.client_secret, scope: 'openid' })

it.each(lies)('AN-9 does not go on where discovery answers %s', async (_name, lie) => {
  issuer.instead.set('/.well-known/openid-configuration', (_request, response) => lie(response))
  await expect(open().configuration()).rejects.toThrow()
  expect(followed()).toBe(false)
})

it.each([
  ['jwks_uri', 'http://169.254.169.254/keys'],
  ['jwks_uri', 'file:///etc/passwd'],
  ['jwks_uri', undefined],
  ['token_endpoint', 'http://169.254.169.254/token'],
  ['token_endpoint', 'ftp://127.0.0.1/token'],
  ['authorization_endpoint', 'javascript:alert(1)'],
  ['authorization_endpoint', 'http://evil.example/authorize'],
])('AN-9 does not follow discovery to a %s of %s', async (name, value) => {
  issuer.describe = (document) => ({ ...document, [name]: value })
  await expect(open().configuration()).rejects.toThrow(name)
})

it.each(lies.flatMap(([name, lie]) => [['/jwks', name, lie] as const, ['/token', name, lie] as const]))(
  'AN-9 fails closed where %s answers %s',
  async (path, _name, lie) => {
    issuer.instead.set(path, (_request, response) => lie(response))
    const verifier = 'v'.repeat(43)
    const authorize = new URL(`${issuer.url}/authorize`)
    authorize.search = new URLSearchParams({
      redirect_uri: 'http://localhost:1/auth/callback',
      state: 's',
      nonce: 'n',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString()
    const back = new URL((await fetch(authorize, { redirect: 'manual' })).headers.get('location') as string)
    const identity = { issuer: open(), rolesClaim: 'roles', roleMap: undefined, strength: {}, local: undefined }
    const flow = { stateHash: Buffer.alloc(32), nonce: 'n', code_verifier: verifier, return_to: '/', fresh: false }
    await expect(redeem({ identity, publicUrl: 'http://localhost:1' }, flow, back.searchParams)).rejects.toMatchObject({
      code: 'identity_provider_unavailable',
    })
  },
)

it('AN-9 answers 503, makes no sign-in and goes on running', async () => {
  issuer.instead.set('/.well-known/openid-configuration', (_request, response) => void response.destroy())
  const begun = await newVisitor(door.url).get('/auth/sign-in')
  expect([begun.status, ((await begun.json()) as { code: string }).code]).toEqual([503, 'identity_provider_unavailable'])
  expect((await newVisitor(door.url).get('/api/sign-in/options')).status).toBe(200)
})

it('AN-9 lets people sign in again once the provider answers', async () => {
  issuer.instead.set('/.well-known/openid-configuration', (_request, response) => void response.destroy())
  const rob = newVisitor(door.url)
  expect((await rob.get('/auth/sign-in')).status).toBe(503)
  issuer.instead.clear()
  issuer.requests.length = 0
  await expect.poll(async () => (await signInAt(rob).catch(() => undefined))?.status, { timeout: 5_000 }).toBe(303)
})

it('AN-9 asks for the keys once, however many tokens name a key that is not there', async () => {
  issuer.requests.length = 0
  for (let n = 0; n < 30; n++) {
    issuer.token = (parts) => ({ ...parts, header: { ...parts.header, kid: `k-${n}` } })
    await expectRefused(door, await signInAt(newVisitor(door.url)), { code: 'sign_in_refused', note: /no applicable keys/, sessions: 1 })
  }
  expect(issuer.requests.filter(({ path }) => path === '/jwks').length).toBeLessThanOrEqual(1)
})

it('AN-9 asks for the keys at most once in 30 seconds, and uses the last good ones for ten minutes while there are no new ones', async () => {
  let asked = 0
  let now = 0
  let works = true
  const keys = newKeysFetch(
    async () => {
      asked++
      return works ? new Response('{"keys":[]}', { headers: { 'content-type': 'application/json' } }) : new Response('', { status: 500 })
    },
    () => now,
  )
  const ask = async () =>
    (await keys('https://idp.example/keys', { body: undefined, headers: {}, method: 'GET', redirect: 'manual' } as never)).status
  await Promise.all(Array.from({ length: 1000 }, ask))
  now = 29_999
  await ask()
  expect(asked).toBe(1)
  now = 30_000
  await Promise.all([ask(), ask()])
  expect(asked).toBe(2)
  works = false
  now = 600_000 + 30_000
  expect(await ask()).toBe(200)
  now += 1
  await expect(ask()).rejects.toThrow('500')
  expect(asked).toBe(3)
})

it('AN-9 waits five seconds for a whole answer, not for each byte of it', async () => {
  const slow = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(drip))
  })
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  const address = slow.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
  const began = performance.now()
  await expect(
    newFetch({ peer: openProviderPeer(), allowLoopback: true })(url, { body: undefined, headers: {}, method: 'GET', redirect: 'manual' }),
  ).rejects.toThrow('does not answer')
  expect(performance.now() - began).toBeLessThan(6_000)
  slow.closeAllConnections()
  slow.close()
})
