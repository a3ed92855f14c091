import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import SwaggerParser from '@apidevtools/swagger-parser'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseConfig } from '../../server/src/config.ts'
import { checkConnector } from '../../server/src/directory/connectors/check/run.ts'
import { type AcmeRig, assertionClaims, callClaims, type Issuer, newIssuer, now, startAcme, trustedIssuer } from './rig.ts'

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

describe('docs/connector-protocol.yaml', () => {
  const formats = { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) }
  const fits = (path: string, status: number, value: unknown) => {
    const schema = document.paths[path]?.get?.responses[status]?.content?.['application/json']?.schema
    if (!schema) throw new Error(`the document has no answer ${status} for ${path}`)
    const validate = new Ajv2020({ strict: false, formats }).compile(schema)
    return validate(value) ? [] : (validate.errors ?? [])
  }

  it('describes what a connector that passes every check answers', async () => {
    const calls: [string, string][] = [
      ['/', '/'],
      ['/tenants', '/tenants?limit=60'],
      ['/tenants/{tenant_id}/users', '/tenants/ten_globex/users?limit=1000'],
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
  const exampleOf = async (page: string, issuer: Issuer) => {
    const code = /```ts\n([\s\S]*?)```/.exec(read(page))?.[1] ?? ''
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
  for await (const finding of checkConnector({ url: `${acme.url}/countersign`, audience: 'acme-connector', issuer: trustedIssuer, keys })) {
    findings.push(finding)
  }
  expect(findings.filter((finding) => !finding.ok)).toEqual([])
  expect(findings.length).toBeGreaterThan(20)
})

it('its route table and the one in countersign.config.yaml agree', async () => {
  const file = resolve(import.meta.dirname, '../../examples/acme/countersign.config.yaml')
  const { gateway } = parseConfig(readFileSync(file, 'utf8'), file)
  for (const route of gateway.routes) {
    const target = route.path.replace(':tenant_id', 'ten_globex').replace(':id', 'none')
    if (route.path === '/v1/events') continue
    const granted = await acme.support(route.method, target, { scope: route.scope, ...(route.method === 'GET' ? {} : { body: {} }) })
    expect([200, 400, 404], `${route.method} ${route.path} ${route.scope}`).toContain(granted.status)
    const withheld = await acme.support(route.method, target, { scope: 'other:read', ...(route.method === 'GET' ? {} : { body: {} }) })
    expect(withheld.status, `${route.method} ${route.path}`).toBe(403)
  }
  for (const sink of gateway.sinks) expect((await acme.support(sink.method, sink.path)).status, sink.path).toBe(403)
})
