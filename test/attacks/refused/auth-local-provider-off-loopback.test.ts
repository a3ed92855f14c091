import { request } from 'node:http'
import pino from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLocalProvider } from '../../../server/src/identity/local-provider/open.ts'
import { openIdentity } from '../../../server/src/identity/open.ts'
import { newVisitor } from '../../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../../support/sign-in-door.ts'

const log = pino({ level: 'silent' })
let door: SignInDoor
beforeAll(async () => {
  door = await startSignInDoor()
})
afterAll(() => door?.close())

it.each([
  ['http://localhost:4000', '0.0.0.0'],
  ['http://localhost:4000', '::'],
  ['http://localhost:4000', '192.168.1.5'],
  ['https://support.vendor.example', '127.0.0.1'],
  ['http://support.vendor.example', '127.0.0.1'],
  ['http://127.0.0.1.evil.example', '127.0.0.1'],
  ['http://localhost.evil.example', '127.0.0.1'],
  ['https://localhost:4000', '127.0.0.1'],
])('T15 does not start the sign-in without passwords at %s, listening on %s', (publicUrl, host) => {
  expect(() => openLocalProvider({ publicUrl, host, log })).toThrow('The local sign-in has no passwords')
})

it('T15 does not start it beside a configured issuer', () => {
  const identity = openIdentity({
    config: { ...door.config, identity: { issuer: 'https://idp.example', client_id: 'c', scope: 'openid', roles_claim: 'roles' } },
    publicUrl: 'http://localhost:4000',
    log,
    environment: {},
  })
  expect(identity.local).toBeUndefined()
})

it('AN-9 does not take an issuer without TLS', () => {
  expect(() =>
    openIdentity({
      config: { ...door.config, identity: { issuer: 'http://idp.example', client_id: 'c', scope: 'openid', roles_claim: 'roles' } },
      publicUrl: 'http://localhost:4000',
      log,
      environment: {},
    }),
  ).toThrow('without TLS')
})

it('WB-2 refuses it under another host name (DNS rebinding)', async () => {
  const response = await new Promise<number | undefined>((resolve, reject) => {
    request(`${door.url}/local-oidc/.well-known/openid-configuration`, { headers: { host: 'evil.example:4000' } }, (answer) =>
      resolve(answer.statusCode),
    )
      .on('error', reject)
      .end()
  })
  expect(response).toBe(421)
})

it('gives a code to our own address only, with PKCE only, and to nobody unknown', async () => {
  const begun = new URL((await newVisitor(door.url).get('/auth/sign-in?as=rob')).headers.get('location') as string)
  const tried = async (change: (url: URL) => void) => {
    const url = new URL(begun)
    change(url)
    const response = await newVisitor(door.url).get(url.href, { accept: 'application/json' })
    return [response.status, response.headers.get('location')]
  }
  expect(await tried((url) => url.searchParams.set('redirect_uri', 'https://evil.example/'))).toEqual([400, null])
  expect(await tried((url) => url.searchParams.set('client_id', 'other'))).toEqual([400, null])
  expect((await tried((url) => url.searchParams.delete('code_challenge')))[1]).toMatch(/\/auth\/callback\?error=invalid_request/)
  expect((await tried((url) => url.searchParams.set('code_challenge_method', 'plain')))[1]).toMatch(
    /\/auth\/callback\?error=invalid_request/,
  )
  expect((await tried((url) => url.searchParams.set('prompt', 'none')))[1]).toMatch(/\/auth\/callback\?error=/)
})
