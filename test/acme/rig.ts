import { createHash, createHmac, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import pg from 'pg'
import { parseEnvironment } from '../../examples/acme/src/environment.ts'
import { seededTotpSecret } from '../../examples/acme/src/seed/people.ts'
import { type Running, start } from '../../examples/acme/src/start.ts'
import type { Keys } from '../../server/src/keys.ts'
import { ensureDatabase } from '../../server/src/store/embedded.ts'
import { asSuperuser, copyDatabase, doOnce, newName, renameDatabase, server } from '../support/database.ts'

type Claims = Record<string, unknown>

/** Somebody with keys at a JWKS address: the trusted issuer, or one who would like to be. */
export type Issuer = {
  url: string
  jwksUrl: string
  fetches: number
  /** As the program holds it. */
  key(): Keys['assertion']
  sign(claims: Claims): Promise<string>
  rotate(): void
  close(): Promise<void>
}

const newKey = (): Keys['assertion'] => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return { privateKey, publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid: randomBytes(6).toString('hex'), alg: 'EdDSA', use: 'sig' } }
}

export async function newIssuer(): Promise<Issuer> {
  let key = newKey()
  const http = createServer((_request, response) => {
    issuer.fetches++
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [key.publicJwk] }))
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const issuer: Issuer = {
    url,
    jwksUrl: `${url}/.well-known/jwks.json`,
    fetches: 0,
    key: () => key,
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: key.publicJwk.kid }).sign(key.privateKey),
    rotate: () => {
      key = newKey()
    },
    close: () => new Promise((done) => http.close(() => done())),
  }
  return issuer
}

export const trustedIssuer = 'https://countersign.test'

export const now = () => Math.floor(Date.now() / 1000)

/** What the gateway says of a request; undefined takes a claim away. */
export const assertionClaims = (method: string, target: string, changed: Claims = {}): Claims => ({
  iss: trustedIssuer,
  aud: 'acme-api',
  iat: now(),
  exp: now() + 30,
  jti: randomUUID(),
  sub: 'ten_globex',
  tenant_id: 'ten_globex',
  act: { sub: 'stf_1', email: 'rob@vendor.example' },
  scope: 'attestations:read',
  sid: `ses_${'0'.repeat(32)}`,
  htm: method,
  htu: target,
  ...changed,
})

/** What the directory says of a call. */
export const callClaims = (method: string, target: string, changed: Claims = {}): Claims => ({
  iss: trustedIssuer,
  aud: 'acme-connector',
  iat: now(),
  exp: now() + 30,
  jti: randomUUID(),
  htm: method,
  htu: target,
  body_sha256: createHash('sha256').digest('base64url'),
  ...changed,
})

export type AcmeRig = Running & {
  issuer: Issuer
  databaseUrl: string
  sql<T extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<T[]>
  /** A request of a support session. */
  support(method: string, target: string, options?: { claims?: Claims; scope?: string; body?: unknown; signer?: Issuer }): Promise<Response>
  /** An order of support: an act on a user or a tenant, as Countersign would sign it. */
  order(target: Target, act: string, options?: OrderOptions): Promise<Response>
  /** A call to the connector. */
  ask(target: string, options?: { method?: string; claims?: Claims; body?: string; signer?: Issuer }): Promise<Response>
}

export type Target = { kind: 'user' | 'tenant'; id: string }
export type OrderOptions = {
  id?: string
  /** The header, where it is to be another one than the token says. */
  key?: string | undefined
  parameters?: Record<string, unknown>
  approvedBy?: { sub: string; email: string }[]
  claims?: Claims
  /** Members of the body that are to be others. */
  body?: Record<string, unknown>
  signer?: Issuer
  /** Of another instance of the product. */
  url?: string
  signal?: AbortSignal
}

export const rob = { sub: 'stf_1', email: 'rob@vendor.example' }

type AcmeDatabase = { name: string; url: string; drop(): Promise<void> }
const owner = 'countersign_test_acme'

/** An empty database for the product, or a copy of one. */
export async function newAcmeDatabase(original?: string): Promise<AcmeDatabase> {
  const { superuserUrl } = server()
  const name = newName()
  if (original !== undefined) await copyDatabase(original, name, owner)
  return {
    name,
    url: await ensureDatabase(superuserUrl, name, owner),
    drop: async () => {
      await asSuperuser(superuserUrl, `drop database if exists ${name} with (force)`)
    },
  }
}

/** The name of a database with the product's data in it. */
async function makeData(): Promise<string> {
  const made = await doOnce('acme', async (at) => {
    const { name, url } = await newAcmeDatabase()
    await (await start(parseEnvironment({ ACME_PORT: '0', ACME_TRAFFIC: '0', DATABASE_URL: url }))).stop()
    await renameDatabase(name, at.name)
    writeFileSync(at.path, '')
  })
  return made.name
}

/** The example product in this process, on a database of its own. */
export async function startAcme(environment: Record<string, string> = {}): Promise<AcmeRig> {
  const issuer = await newIssuer()
  const database = await newAcmeDatabase(await makeData())
  const running = await start(
    parseEnvironment({
      ACME_PORT: '0',
      ACME_TRAFFIC: '0',
      DATABASE_URL: database.url,
      ACME_TRUSTED_ISSUER: trustedIssuer,
      ACME_TRUSTED_JWKS_URL: issuer.jwksUrl,
      ...environment,
    }),
  )
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  return {
    ...running,
    issuer,
    databaseUrl: database.url,
    sql: async <T extends pg.QueryResultRow>(text: string, values: unknown[] = []) => (await client.query<T>(text, values)).rows,
    support: async (method, target, { claims = {}, scope, body, signer = issuer } = {}) =>
      fetch(running.url + target, {
        method,
        redirect: 'manual',
        headers: {
          'countersign-assertion': await signer.sign(assertionClaims(method, target, scope === undefined ? claims : { scope, ...claims })),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    order: async (target, act, options = {}) => {
      const {
        id = `act_${randomUUID()}`,
        parameters = {},
        approvedBy = [],
        claims = {},
        signer = issuer,
        url = running.url,
        signal,
      } = options
      const path = `/countersign/${target.kind}s/${target.id}/acts`
      const body = JSON.stringify({ act, parameters, requested_by: rob, approved_by: approvedBy, ...options.body })
      const said = { body_sha256: createHash('sha256').update(body).digest('base64url'), act: rob, operation: { id, act, target } }
      const key = 'key' in options ? options.key : id
      return fetch(url + path, {
        method: 'POST',
        ...(signal ? { signal } : {}),
        headers: {
          authorization: `Bearer ${await signer.sign(callClaims('POST', path, { ...said, ...claims }))}`,
          'content-type': 'application/json',
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        body,
      })
    },
    ask: async (target, { method = 'GET', claims = {}, body, signer = issuer } = {}) =>
      fetch(running.url + target, {
        method,
        headers: { authorization: `Bearer ${await signer.sign(callClaims(method, target, claims))}` },
        ...(body === undefined ? {} : { body }),
      }),
    stop: async () => {
      await running.stop()
      await client.end()
      await issuer.close()
      await database.drop()
    },
  }
}

/** Signs in with the seeded password, and the code of the seeded authenticator where one is asked for, as a browser would. */
export async function signIn(url: string, email: string, password: string): Promise<string> {
  const first = await post(url, '/api/auth/sign-in/email', { email, password })
  if (!first.ok) throw new Error(`${email} was not let in: ${first.status} ${await first.text()}`)
  const { twoFactorRedirect } = (await first.json()) as { twoFactorRedirect?: boolean }
  if (!twoFactorRedirect) return cookiesOf(first)
  const second = await post(url, '/api/auth/two-factor/verify-totp', { code: totpNow(seededTotpSecret) }, cookiesOf(first))
  if (!second.ok) throw new Error(`${email} was not let in with a code: ${second.status} ${await second.text()}`)
  return cookiesOf(second)
}

const post = (url: string, path: string, body: unknown, cookie = '') =>
  fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', origin: url, cookie }, body: JSON.stringify(body) })

export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

/** RFC 6238, as the seeded authenticators compute it. */
export function totpNow(secret: string): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
