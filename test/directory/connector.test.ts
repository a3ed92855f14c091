import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openHttpConnector } from '../../server/src/directory/connectors/http.ts'
import type { Refusal } from '../../server/src/errors.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { at, type DirectoryServer, newPerson, newTenant, startDirectory } from '../support/directory.ts'

const dir = mkdtempSync(join(tmpdir(), 'countersign-connector-'))
const keys = loadKeys(dir)
const act = { sub: 'stf_1', email: 'rob@vendor.example' }
let directory: DirectoryServer
const open = (timeoutMilliseconds = 5_000, url = directory.url) =>
  openHttpConnector({ url, audience: directory.audience, issuer: directory.issuer, keys, timeoutMilliseconds })

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: Refusal) => error.code ?? String(error),
  )

beforeAll(async () => {
  directory = await startDirectory({
    jwk: keys.assertion.publicJwk,
    world: { tenants: [newTenant(1), newTenant(2)], people: [newPerson(1, 'ten_0001'), newPerson(2, 'ten_0002')] },
  })
})
afterEach(() => {
  directory.fault = undefined
})
afterAll(async () => {
  await directory.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('calls', () => {
  it('are signed, so that a directory which checks everything answers each', async () => {
    const connector = open()
    expect((await connector.info()).product).toBe('Test product')
    expect((await connector.listTenants({ limit: 1 })).tenants).toHaveLength(1)
    expect((await connector.listTenantUsers('ten_0001', { limit: 10 }, act))?.items).toHaveLength(1)
    expect((await connector.searchUsers('person', 10, act)).items).toHaveLength(2)
    expect((await connector.findUser('usr_0001', act))?.user.email).toBe('person1@example.com')
    await connector.close()
  })

  it('name the member of staff who asks', async () => {
    const connector = open()
    await connector.findUser('usr_0002', act)
    expect(directory.calls.at(-1)?.act).toEqual(act)
    await connector.close()
  })

  it('go out with ids encoded, byte for byte as signed, and never with a direction for an id', async () => {
    const connector = open()
    const odd = 'a/../b?x=1#%2e%00'
    expect(await connector.findUser(odd, act)).toBeUndefined()
    expect(directory.calls.at(-1)).toEqual({ target: `/directory/users/${encodeURIComponent(odd)}`, act })
    const before = directory.calls.length
    expect(await connector.findUser('..', act)).toBeUndefined()
    expect(await connector.listTenantUsers('.', { limit: 1 }, act)).toBeUndefined()
    expect(directory.calls).toHaveLength(before)
    await connector.close()
  })

  it('answer undefined for what the directory does not know', async () => {
    const connector = open()
    expect(await connector.findUser('usr_none', act)).toBeUndefined()
    expect(await connector.listTenantUsers('ten_none', { limit: 1 }, act)).toBeUndefined()
    await connector.close()
  })
})

const json = { 'content-type': 'application/json' }
const page = (items: unknown[], next_cursor: unknown = null) => JSON.stringify({ items, next_cursor, sync_token: null })

describe('T9 a directory that misbehaves', () => {
  const garbage: [what: string, status: number, headers: Record<string, string>, body: string | Buffer][] = [
    ['HTML', 200, { 'content-type': 'text/html' }, '<html>'],
    ['no content-type', 200, {}, page([])],
    ['broken JSON', 200, json, '{"items":['],
    ['nothing', 200, json, ''],
    ['bytes that are not UTF-8', 200, json, Buffer.from([0x7b, 0xff, 0x7d])],
    ['another shape', 200, json, '{"tenants":[]}'],
    ['a redirect', 302, { location: 'http://169.254.169.254/latest/meta-data/' }, ''],
    ['a refusal', 401, json, '{"code":"no"}'],
    ['a 404 for its list of tenants', 404, json, '{}'],
    ['an encoded body', 200, { ...json, 'content-encoding': 'gzip' }, page([])],
    ['10 MB', 200, json, Buffer.alloc(10_000_000, ' ')],
    ['10 MB in a chunked body that is valid', 200, json, page([{ ...newTenant(1), more: 'x'.repeat(10_000_000) }])],
    ['1,001 tenants at once', 200, json, page(Array.from({ length: 1001 }, (_, n) => newTenant(n)))],
    ['a cursor that is a number', 200, json, page([], 7)],
    ['brackets without end', 200, json, '['.repeat(2_000_000)],
  ]
  it.each(garbage)('SS-3 answers %s: refused as garbled, and nothing of it is repeated', async (_what, status, headers, body) => {
    const connector = open()
    directory.fault = (_request, response) => response.writeHead(status, headers).end(body)
    const refusal = (await connector.listTenants({ limit: 10 }).catch((error: unknown) => error)) as Refusal
    expect(refusal.code).toBe('directory_garbled')
    expect(refusal.facts.detail).toBeUndefined()
    await connector.close()
  })

  const rows: [what: string, row: unknown, unreadable: object][] = [
    ['an unknown status', { ...newTenant(1), status: 'gone' }, { id: 'ten_0001', members: ['status'] }],
    ['an id with spaces', newTenant(1, { id: 'a b' }), { id: 'a b', members: ['id'] }],
    ['an id without end', newTenant(1, { id: 'x'.repeat(5000) }), { id: `${'x'.repeat(200)}…`, members: ['id'] }],
    ['a name of 1,001 characters', newTenant(1, { name: 'x'.repeat(1001) }), { id: 'ten_0001', members: ['name'] }],
    ['a count beyond any', newTenant(1, { user_count: 1e18 }), { id: 'ten_0001', members: ['user_count'] }],
    ['an impossible day', newTenant(1, { created_at: '2026-02-30T00:00:00Z' }), { id: 'ten_0001', members: ['created_at'] }],
    ['the year 0', newTenant(1, { updated_at: '0000-01-01T00:00:00Z' }), { id: 'ten_0001', members: ['updated_at'] }],
    [
      'no members',
      {},
      { id: null, members: ['created_at', 'deleted_at', 'id', 'name', 'plan', 'region', 'status', 'updated_at', 'user_count'] },
    ],
    ['nothing', null, { id: null, members: ['row'] }],
    ['a list', [newTenant(1)], { id: null, members: ['row'] }],
    ['a deletion on no day', { ...newTenant(1), deleted_at: 'yesterday' }, { id: 'ten_0001', members: ['deleted_at'], deleted: true }],
  ]
  it.each(rows)('names a row with %s, and takes the others', async (_what, row, unreadable) => {
    const connector = open()
    directory.fault = (_request, response) => response.writeHead(200, json).end(page([newTenant(2), row, newTenant(3)]))
    const read = await connector.listTenants({ limit: 10 })
    expect(read.tenants).toEqual([newTenant(2), newTenant(3)])
    expect(read.unreadable).toMatchObject([unreadable])
    await connector.close()
  })

  it('SS-1 is not followed to another address', async () => {
    let reached = 0
    const other = createServer((_request, response) => {
      reached += 1
      response.writeHead(200, json).end(page([]))
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const connector = open()
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/tenants`
    for (const status of [301, 302, 303, 307, 308]) {
      directory.fault = (_request, response) => response.writeHead(status, { location, ...json }).end(page([]))
      expect(await codeOf(connector.listTenants({ limit: 1 }))).toBe('directory_garbled')
    }
    expect(reached).toBe(0)
    other.close()
    await connector.close()
  })

  it.each([500, 502, 503, 429])('answers %i: refused as unavailable', async (status) => {
    const connector = open()
    directory.fault = (_request, response) => response.writeHead(status, json).end('{}')
    expect(await codeOf(connector.info())).toBe('directory_unavailable')
    await connector.close()
  })

  it('is silent, or never ends its answer: refused in time', async () => {
    const connector = open(200)
    directory.fault = () => new Promise(() => {})
    expect(await codeOf(connector.info())).toBe('directory_unavailable')
    directory.fault = (_request, response) => {
      response.writeHead(200, json).write('{"items":[')
      return new Promise(() => {})
    }
    expect(await codeOf(connector.info())).toBe('directory_unavailable')
    await connector.close()
  })

  it('is gone, or hangs up: refused, and after three times not asked for two seconds', async () => {
    const connector = open()
    directory.fault = (_request, response) => response.destroy()
    for (let n = 0; n < 3; n++) expect(await codeOf(connector.info())).toBe('directory_unavailable')
    const before = directory.calls.length
    expect(await codeOf(connector.info())).toBe('directory_unavailable')
    expect(directory.calls).toHaveLength(before)
    await connector.close()
    const nobody = open(5_000, 'http://127.0.0.1:9')
    expect(await codeOf(nobody.info())).toBe('directory_unavailable')
    await nobody.close()
  })

  const good = newPerson(1, 'ten_0001')
  const { user } = newPerson(9, 'ten_0001')
  const badUsers: [what: string, row: unknown, unreadable: object][] = [
    ['an unknown status', { ...user, status: 'gone' }, { id: 'usr_0009', members: ['status'] }],
    ['two members wrong', { ...user, name: 7, role: 'x'.repeat(201) }, { id: 'usr_0009', members: ['name', 'role'] }],
    ['an id with spaces', { ...user, id: 'a b' }, { id: 'a b', members: ['id'] }],
    ['an id without end', { ...user, id: 'x'.repeat(5000) }, { id: `${'x'.repeat(200)}…`, members: ['id'] }],
    ['nothing', null, { id: null, members: ['row'] }],
  ]
  it.each(badUsers)('names a user with %s, in the list of a tenant and in a search, and takes the others', async (_what, row, bad) => {
    const connector = open()
    directory.fault = (_request, response) => response.writeHead(200, json).end(page([row, good.user]))
    for (let n = 0; n < 4; n++) {
      expect(await connector.listTenantUsers('ten_0001', { limit: 10 }, act)).toEqual({
        items: [good.user],
        unreadable: [bad],
        next_cursor: null,
        roles: [],
      })
      expect(await connector.searchUsers('person', 10, act)).toEqual({ items: [good.user], unreadable: [bad] })
    }
    expect(connector.state().status).toBe('answering')
    await connector.close()
  })

  it('takes of the roles of a tenant what can be one, and lets them stop no list', async () => {
    const connector = open()
    for (const [roles, taken] of [
      [
        ['owner', 7, 'x'.repeat(201), 'member'],
        ['owner', 'member'],
      ],
      [Array.from({ length: 300 }, (_, n) => `role ${n}`), Array.from({ length: 100 }, (_, n) => `role ${n}`)],
      ['owner', []],
    ] as const) {
      directory.fault = (_request, response) =>
        response.writeHead(200, json).end(JSON.stringify({ items: [good.user], next_cursor: null, roles }))
      expect(await connector.listTenantUsers('ten_0001', { limit: 10 }, act)).toMatchObject({ items: [good.user], roles: taken })
    }
    await connector.close()
  })

  it('names factors and sessions that cannot be read, and takes the others', async () => {
    const connector = open()
    const [factor, session] = [good.factors[0], good.sessions[0]]
    const detail = { user: good.user, factors: [{ ...factor, kind: 'dongle' }, factor], sessions: [session, { ...session, id: 7 }] }
    directory.fault = (_request, response) => response.writeHead(200, json).end(JSON.stringify(detail))
    expect(await connector.findUser('usr_0001', act)).toEqual({
      user: good.user,
      account: { items: [], unreadable: [] },
      factors: { items: [factor], unreadable: [{ id: 'fac_1', members: ['kind'] }] },
      sessions: { items: [session], unreadable: [{ id: null, members: ['id'] }] },
    })
    directory.fault = (_request, response) =>
      response.writeHead(200, json).end(JSON.stringify({ ...detail, user: { ...good.user, status: 'gone' } }))
    expect(await codeOf(connector.findUser('usr_0001', act))).toBe('directory_garbled')
    await connector.close()
  })

  it('shows a user of another tenant in the list of one: left out and named; another user than asked: refused as garbled', async () => {
    const connector = open()
    directory.fault = (_request, response) => response.writeHead(200, json).end(page([newPerson(9, 'ten_0002').user, good.user]))
    const listed = await connector.listTenantUsers('ten_0001', { limit: 10 }, act)
    expect(listed).toMatchObject({ items: [good.user], unreadable: [{ id: 'usr_0009', members: ['tenant_id'] }] })
    directory.fault = (_request, response) => response.writeHead(200, json).end(JSON.stringify(newPerson(9, 'ten_0002')))
    expect(await codeOf(connector.findUser('usr_0001', act))).toBe('directory_garbled')
    await connector.close()
  })

  it('XS-1 sends hostile strings: they arrive as text, storable, and unchanged but for what has no form', async () => {
    const connector = open()
    const name = "<img src=x onerror=alert(1)> \u202Egpj.exe =cmd|' /C calc'!A0 \u001b]8;;http://evil\u0007"
    const text = JSON.stringify({ items: [newTenant(1, { name: 'HOLE' })], next_cursor: null, sync_token: null })
    directory.fault = (_request, response) => {
      const hole = JSON.stringify(name).slice(1, -1)
      response.writeHead(200, json).end(text.replace('HOLE', `${hole}\\u0000\\ud800`))
    }
    expect((await connector.listTenants({ limit: 1 })).tenants[0]?.name).toBe(`${name}\ufffd\ufffd`)
    directory.fault = (_request, response) =>
      response
        .writeHead(200, json)
        .end(`{"items":[{"__proto__":{"admin":true},${JSON.stringify(newTenant(1)).slice(1)}],"next_cursor":null,"sync_token":null}`)
    const [tenant] = (await connector.listTenants({ limit: 1 })).tenants
    expect(Object.keys(tenant ?? {})).toEqual(Object.keys(newTenant(1)))
    expect((tenant as unknown as { admin?: boolean }).admin).toBeUndefined()
    expect(tenant?.created_at).toBe(at(0))
    await connector.close()
  })
})
