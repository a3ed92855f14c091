import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import SwaggerParser from '@apidevtools/swagger-parser'
import { Ajv2020 } from 'ajv/dist/2020.js'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseConfig } from '../../server/src/config.ts'
import { checkConnector } from '../../server/src/directory/connectors/check/run.ts'
import {
  type AcmeRig,
  assertionClaims,
  callClaims,
  type Issuer,
  newAcmeDatabase,
  newIssuer,
  now,
  type OrderOptions,
  rob,
  startAcme,
  type Target,
  trustedIssuer,
} from './rig.ts'

const docs = resolve(import.meta.dirname, '../../docs')
const read = (name: string) => readFileSync(join(docs, name), 'utf8')

type Schema = Record<string, unknown>
type Operation = { operationId: string; responses: Record<string, { content?: { 'application/json'?: { schema: Schema } } }> }
type Document = { paths: Record<string, { get?: Operation; post?: Operation }> }

const reads = ({ paths }: Document): string[] => Object.keys(paths).filter((path) => paths[path]?.get)

let acme: AcmeRig
let document: Document

beforeAll(async () => {
  acme = await startAcme()
  const parsed = parseYaml(read('connector-protocol.yaml'))
  document = (await SwaggerParser.validate(parsed as never)) as unknown as Document
})

afterAll(() => acme?.stop())

const formats = { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) }
/** What the document says against an answer. */
const fits = (path: string, status: number, value: unknown, method: 'get' | 'post' = 'get') => {
  const schema = document.paths[path]?.[method]?.responses[status]?.content?.['application/json']?.schema
  if (!schema) throw new Error(`the document has no answer ${status} for ${method} ${path}`)
  const validate = new Ajv2020({ strict: false, formats }).compile(schema)
  return validate(value) ? [] : (validate.errors ?? [])
}

describe('docs/connector-protocol.yaml', () => {
  it('describes what a connector that passes every check answers', async () => {
    const calls: [string, string][] = [
      ['/', '/'],
      ['/tenants', '/tenants?limit=60'],
      ['/tenants/{tenant_id}', '/tenants/ten_globex'],
      ['/tenants/{tenant_id}', '/tenants/ten_none'],
      ['/tenants/{tenant_id}/users', '/tenants/ten_globex/users?limit=1000'],
      ['/tenants/{tenant_id}/users', '/tenants/ten_globex/users?query=eve&status=active&role=member&sort=name&order=desc'],
      ['/tenants/{tenant_id}/users', '/tenants/ten_globex/users?sort=id'],
      ['/tenants/{tenant_id}/users', '/tenants/ten_none/users'],
      ['/users', '/users?query=eve'],
      ['/users', '/users'],
      ['/users/{user_id}', '/users/usr_eve_globex'],
      ['/users/{user_id}', '/users/usr_milton_initech'],
      ['/users/{user_id}', '/users/usr_none'],
      ['/acts/{id}', '/acts/act_never_heard_of'],
    ]
    for (const [path, target] of calls) {
      const response = await acme.ask(`/countersign${target}`)
      expect(fits(path, response.status, await response.json()), target).toEqual([])
    }
    expect(new Set(calls.map(([path]) => path))).toEqual(new Set(reads(document)))
  })

  it('describes what came of an act, at once and when asked later', async () => {
    const eve: Target = { kind: 'user', id: 'usr_eve_globex' }
    const [hanks] = await acme.sql<{ id: string }>(`SELECT id FROM session WHERE "userId" = 'usr_hank_globex' LIMIT 1`)
    const calls: [number, Target, string, OrderOptions][] = [
      [200, eve, 'revoke_sessions', { id: 'done' }],
      [200, eve, 'revoke_session', { id: 'failed', parameters: { session_id: hanks?.id } }],
      [200, { kind: 'tenant', id: 'ten_soylent' }, 'force_logout', {}],
      [400, eve, 'revoke_session', {}],
      [401, eve, 'revoke_sessions', { claims: { exp: now() - 60 } }],
      [404, { kind: 'user', id: 'usr_none' }, 'revoke_sessions', {}],
      [422, eve, 'force_logout', {}],
      [422, eve, 'reset_totp', { id: 'done' }],
    ]
    for (const [status, target, act, options] of calls) {
      const response = await acme.order(target, act, options)
      expect(response.status, act).toBe(status)
      expect(fits(`/${target.kind}s/{${target.kind}_id}/acts`, status, await response.json(), 'post'), `${status} ${act}`).toEqual([])
    }
    for (const id of ['done', 'failed']) {
      const later = (await (await acme.ask(`/countersign/acts/${id}`)).json()) as { status: string }
      expect(later.status).toBe(id)
      expect(fits('/acts/{id}', 200, later)).toEqual([])
    }
  })

  it('does not describe just anything', () => {
    expect(fits('/tenants', 200, { items: [{ id: 'has space' }], next_cursor: null, sync_token: null })).not.toEqual([])
    expect(fits('/', 200, { protocol: 'countersign-connector/2', product: 'x' })).not.toEqual([])
  })
})

describe('the pages', () => {
  it('name every claim that is sent, and no path that is not there', async () => {
    for (const [page, claims] of [
      ['connector-protocol.md', ['iss', 'aud', 'iat', 'exp', 'jti', 'htm', 'htu', 'body_sha256', 'act', 'operation']],
      ['gateway-assertion.md', ['iss', 'aud', 'iat', 'exp', 'jti', 'sub', 'tenant_id', 'act', 'scope', 'sid', 'htm', 'htu']],
    ] as const) {
      for (const claim of claims) expect(read(page), `${page} ${claim}`).toContain(`\`${claim}\``)
    }
    const named = [...read('connector-protocol.md').matchAll(/^\| `((?:GET|POST) \/[^?`]*)/gm)].map(([, call]) => call)
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(new Set(named)).toEqual(new Set(described))
  })

  /** The example of a page, run as it stands there but for the issuer's address. */
  const exampleOf = async (page: string, issuer: Issuer, which = 0) => {
    const code = [...read(page).matchAll(/```ts\n([\s\S]*?)```/g)][which]?.[1] ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'acme-example-'))
    const file = join(folder, 'example.mjs')
    const here = code.replace("'https://support.product.example'", `'${issuer.url}'`).replace("'jose'", `'${import.meta.resolve('jose')}'`)
    writeFileSync(file, stripTypeScriptTypes(here))
    const example = (await import(/* @vite-ignore */ file)) as Record<string, (...given: unknown[]) => Promise<unknown>>
    rmSync(folder, { recursive: true })
    return example
  }

  const spoilt: Record<string, unknown>[] = [
    { iss: 'https://evil.example' },
    { aud: 'another' },
    { exp: now() - 60 },
    { exp: now() + 3600 },
    { iat: now() - 50, exp: now() + 5 },
    { jti: undefined },
    { htm: 'POST' },
    { htu: '/elsewhere' },
  ]

  it('show a verification of calls that holds', async () => {
    const issuer = await newIssuer()
    const { verifyCall } = await exampleOf('connector-protocol.md', issuer)
    const call = async (changed = {}, body = '') => {
      const claims = callClaims('GET', '/users?query=a', { iss: issuer.url, aud: 'product-connector', ...changed })
      return verifyCall?.(`Bearer ${await issuer.sign(claims)}`, 'GET', '/users?query=a', Buffer.from(body))
    }
    await expect(call({ jti: 'once' })).resolves.toMatchObject({ jti: 'once' })
    await expect(call({ jti: 'once' })).rejects.toThrow('used before')
    await expect(call({}, 'another body')).rejects.toThrow('made for another body')
    for (const claims of spoilt) await expect(call(claims), JSON.stringify(claims)).rejects.toThrow()
    await issuer.close()
  })

  it('show how to act: once for an id, and not after the deadline', async () => {
    const issuer = await newIssuer()
    const { performAct } = await exampleOf('connector-protocol.md', issuer, 1)
    const { url, drop } = await newAcmeDatabase()
    const pool = new pg.Pool({ connectionString: url })
    await pool.query(`
      CREATE TABLE tenants (id text PRIMARY KEY);
      CREATE TABLE users (id text PRIMARY KEY, tenant_id text NOT NULL, suspended boolean NOT NULL DEFAULT false);
      CREATE TABLE sessions (user_id text NOT NULL, expires_at timestamptz NOT NULL);
      CREATE TABLE acts (id text PRIMARY KEY, asked jsonb NOT NULL, answer jsonb NOT NULL);
      INSERT INTO tenants VALUES ('one'), ('other');
      INSERT INTO users VALUES ('eve', 'one'), ('hank', 'one'), ('bill', 'other');
      INSERT INTO sessions SELECT id, now() + interval '1 day' FROM users, generate_series(1, 2)`)
    type Target = { kind: 'user' | 'tenant'; id: string }
    const perform = (key: string, act: string, target: Target, changed = {}) =>
      performAct?.(pool, {
        key,
        target,
        checked: { act, parameters: {}, requested_by: rob, approved_by: [] },
        claims: { exp: now() + 30, act: rob, operation: { id: key, act, target }, ...changed },
      })
    const eve: Target = { kind: 'user', id: 'eve' }
    const one: Target = { kind: 'tenant', id: 'one' }
    const sessions = async () => (await pool.query('SELECT 1 FROM sessions')).rowCount

    expect(await perform('a1', 'suspend_account', eve, { exp: now() - 10 })).toMatchObject({ status: 401 })
    expect(await perform('a1', 'suspend_account', eve, { act: { sub: 'x', email: 'y' } })).toMatchObject({ status: 400 })
    expect(await perform('a1', 'constructor', eve)).toMatchObject({ status: 422, body: { code: 'unknown_act' } })
    expect(await perform('a1', 'suspend_account', { kind: 'user', id: 'nobody' })).toMatchObject({ status: 404 })
    expect(await sessions()).toBe(6)
    // Ten connections that are open already, so that ten really are under way at once.
    await Promise.all(Array.from({ length: 10 }, () => pool.query('SELECT pg_sleep(0.1)')))
    const answers = await Promise.all(Array.from({ length: 20 }, () => perform('a1', 'suspend_account', eve)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]).toMatchObject({ status: 200, body: { id: 'a1', target: eve, status: 'done', count: 2 } })
    expect(await perform('a1', 'restore_account', eve)).toMatchObject({ status: 422, body: { code: 'key_reused' } })
    expect(await perform('a2', 'restore_account', eve)).toMatchObject({ body: { count: 1 } })
    expect(await perform('a3', 'force_logout', one)).toMatchObject({ body: { count: 2 } })
    expect((await pool.query('SELECT user_id FROM sessions')).rows).toEqual([{ user_id: 'bill' }, { user_id: 'bill' }])
    expect(fits('/users/{user_id}/acts', 200, (answers[0] as { body: unknown }).body, 'post')).toEqual([])
    await pool.end()
    await drop()
    await issuer.close()
  })

  it('show a verification of assertions that holds', async () => {
    const issuer = await newIssuer()
    const { verifyAssertion } = await exampleOf('gateway-assertion.md', issuer)
    const call = async (changed = {}, scope = 'attestations:read') => {
      const claims = assertionClaims('GET', '/v1/attestations', { iss: issuer.url, aud: 'product-api', ...changed })
      const headers = new Headers({ 'countersign-assertion': await issuer.sign(claims) })
      return verifyAssertion?.({ method: 'GET', url: '/v1/attestations', headers }, scope)
    }
    await expect(call({ jti: 'once' })).resolves.toMatchObject({ tenantId: 'ten_globex', act: { email: 'rob@vendor.example' } })
    await expect(call({ jti: 'once' })).rejects.toThrow('used before')
    await expect(call({}, 'billing:read')).rejects.toThrow('another scope')
    for (const claims of spoilt) await expect(call(claims), JSON.stringify(claims)).rejects.toThrow()
    await issuer.close()
  })
})

it('passes every check of `countersign connector check`', async () => {
  const findings = []
  const keys = { assertion: acme.issuer.key() }
  const url = `${acme.url}/countersign`
  const expendableUser = 'usr_milton_initech'
  for await (const finding of checkConnector({ url, audience: 'acme-connector', issuer: trustedIssuer, keys, expendableUser })) {
    findings.push(finding)
  }
  expect(findings.filter((finding) => finding.result !== 'ok')).toEqual([])
  expect(findings.filter((finding) => finding.result === 'ok' && /left out|not offered/.test(finding.seen))).toEqual([])
  expect(findings).toHaveLength(56)
})

it('its route table and the one in countersign.config.yaml agree', async () => {
  const file = resolve(import.meta.dirname, '../../examples/acme/countersign.config.yaml')
  const { gateway } = parseConfig(readFileSync(file, 'utf8'), file)
  for (const route of gateway.routes) {
    const target = route.path.replace(':tenant_id', 'ten_globex').replace(':id', 'none')
    // Streams are asked for by other means.
    if (route.stream !== undefined) continue
    const granted = await acme.support(route.method, target, { scope: route.scope, ...(route.method === 'GET' ? {} : { body: {} }) })
    expect(granted.status, `${route.method} ${route.path} ${route.scope}`).not.toBe(401)
    expect(await granted.text()).not.toContain('this route needs the scope')
    const withheld = await acme.support(route.method, target, { scope: 'other:read', ...(route.method === 'GET' ? {} : { body: {} }) })
    expect(withheld.status, `${route.method} ${route.path}`).toBe(403)
    expect(await withheld.text()).toContain(`this route needs the scope ${route.scope}`)
  }
  for (const sink of gateway.sinks) expect((await acme.support(sink.method, sink.path)).status, sink.path).toBe(403)
})
