import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import type { TenantPrincipal } from '../../../server/src/access/principal.ts'
import { ctxOf } from '../../../server/src/http/door.ts'
import { isKey, newKey } from '../../../server/src/identity/key-format.ts'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { revokeKey } from '../../../server/src/identity/tenant-key/revoke.ts'
import { type SignInDoor, startSignInDoor } from '../../support/sign-in-door.ts'

const operator = { kind: 'operator', id: 'root' } as const
let door: SignInDoor
let statements = 0
const needs = () => ({ store: door.database.store, journal: door.database.journal })
const create = (input: Partial<Parameters<typeof createKey>[1]> = {}) =>
  createKey({ ...needs(), principal: operator }, { tenant_id: 'ten_a', name: 'SIEM', ...input })

beforeAll(async () => {
  door = await startSignInDoor({
    routes: (app) => {
      app.get(
        '/v1/whoami',
        { config: { access: { permission: 'audit:read' } }, schema: { response: { 200: z.object({ tenant_id: z.string() }) } } },
        async (call) => ({ tenant_id: (ctxOf(call).principal as TenantPrincipal).tenant_id }),
      )
    },
  })
  const at = new Date()
  for (const id of ['ten_a', 'ten_b']) {
    await door.database.store.db.insertInto('tenants').values({ id, name: id, status: 'active', created_at: at, updated_at: at }).execute()
  }
  door.database.store.pool.on('acquire', () => {
    statements++
  })
})
afterAll(() => door?.close())
beforeEach(() => {
  statements = 0
})

const call = (headers: Record<string, string | string[]>, path = '/v1/whoami') =>
  new Promise<{ status: number | undefined; headers: object; body: Record<string, unknown> }>((resolve, reject) => {
    request(`${door.url}${path}`, { headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) }))
    })
      .on('error', reject)
      .end()
  })

const constant = {
  type: 'urn:countersign:error:key_refused',
  title: 'The API key is not valid.',
  status: 401,
  code: 'key_refused',
  hint: 'Send one key in the X-API-Key header; keys can be revoked or expire.',
  request_id: expect.stringMatching(/^req_/),
}
const expectConstant = ({ status, body }: Awaited<ReturnType<typeof call>>) => expect([status, body]).toEqual([401, constant])
const lastEvent = async () => (await door.events()).at(-1)

it('S17 knows the tenant of a key, and no other', async () => {
  const [a, b] = [await create(), await create({ tenant_id: 'ten_b' })]
  expect((await call({ 'x-api-key': a.key })).body).toEqual({ tenant_id: 'ten_a' })
  expect((await call({ 'X-API-KEY': b.key })).body).toEqual({ tenant_id: 'ten_b' })
})

it('S17 answers 401 to an unknown key, and tells it apart from no other bad one', async () => {
  const key = newKey()
  expectConstant(await call({ 'x-api-key': key }))
  const event = await lastEvent()
  expect(event).toMatchObject({
    action: 'AUTH.DENIED',
    result: 'deny',
    actor: { kind: 'anonymous' },
    note: `unknown API key cs_live_…${key.slice(-4)}`,
  })
  expect(event).not.toHaveProperty('tenant_id')
})

it('S17 answers 403 to a key without the permission, on the tenant’s record', async () => {
  const { id, key } = await create({ permissions: [] })
  const { status, body } = await call({ 'x-api-key': key })
  expect([status, body.code]).toEqual([403, 'key_permission_missing'])
  expect(await lastEvent()).toMatchObject({
    action: 'AUTH.DENIED',
    tenant_id: 'ten_a',
    actor: { kind: 'tenant', id },
    code: 'key_permission_missing',
  })
})

it('TI-7 refuses a revoked key from the next request on', async () => {
  const { id, key } = await create()
  expect((await call({ 'x-api-key': key })).status).toBe(200)
  expect(await revokeKey({ ...needs(), principal: operator }, id)).toEqual({ revoked: true })
  expectConstant(await call({ 'x-api-key': key }))
  expect(await lastEvent()).toMatchObject({
    action: 'AUTH.DENIED',
    tenant_id: 'ten_a',
    target: { kind: 'key', id },
    note: 'the API key is revoked',
  })
  expect(await revokeKey({ ...needs(), principal: operator }, id)).toEqual({ revoked: false })
})

it('TI-7 refuses an expired key, by the clock of the database', async () => {
  const { id, key } = await create({ expires_in_days: 1 })
  expect((await call({ 'x-api-key': key })).status).toBe(200)
  await door.database.store.db
    .updateTable('api_keys')
    .set({ expires_at: new Date(Date.now() - 1000) })
    .where('id', '=', id)
    .execute()
  expectConstant(await call({ 'x-api-key': key }))
  expect(await lastEvent()).toMatchObject({ tenant_id: 'ten_a', note: 'the API key is expired' })
})

it.each<[string, (key: string) => string]>([
  ['another prefix', (key) => key.replace('cs_live_', 'cs_test_')],
  ['the prefix in capitals', (key) => key.replace('cs_live_', 'CS_LIVE_')],
  ['a wrong checksum', (key) => key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')],
  [
    'two letters swapped',
    (key) => `${key.slice(0, 10)}${key.at(11)}${key.at(10)}${key.slice(12)}`.replace(key, `${key.slice(0, 10)}zA${key.slice(12)}`),
  ],
  ['one letter less', (key) => key.slice(0, -1)],
  ['one letter more', (key) => `${key}A`],
  ['10 kB', (key) => key + 'A'.repeat(10_000)],
  ['SQL', () => "cs_live_' or 1=1--"],
  ['a tab inside', (key) => `${key.slice(0, 20)}\t${key.slice(20)}`],
  ['two keys in one value', (key) => `${key}, ${key}`],
  ['Bearer', (key) => `Bearer ${key}`],
  ['nothing', () => ''],
])('TI-7 refuses a key with %s before it asks the database for it', async (_name, change) => {
  const { key } = await create()
  const wrong = change(key)
  expect(isKey(wrong)).toBe(false)
  expectConstant(await call({ 'x-api-key': wrong }))
})

it('TI-7 does no work in the database for what is no key, but for what it records', async () => {
  for (let n = 0; n < 60; n++) expectConstant(await call({ 'x-api-key': `cs_live_${n}` }))
  const before = statements
  for (let n = 0; n < 20; n++) expectConstant(await call({ 'x-api-key': `cs_live_${n}` }))
  expect(statements).toBe(before)
})

it('TI-7 refuses two X-API-Key headers, also two good ones', async () => {
  const [one, two] = [await create(), await create()]
  expectConstant(await call({ 'x-api-key': [one.key, two.key] }))
  expectConstant(await call({ 'x-api-key': [one.key, one.key] }))
})

it('TI-7 takes no key from the query, a cookie or Authorization', async () => {
  const { key } = await create()
  expectConstant(await call({}, `/v1/whoami?x-api-key=${key}&api_key=${key}`))
  expectConstant(await call({ cookie: `x-api-key=${key}` }))
  expectConstant(await call({ authorization: `Bearer ${key}` }))
  expectConstant(await call({ x_api_key: key }))
})

it('TI-7 keeps no key: not in the database, not in an event', async () => {
  const { key } = await create()
  await call({ 'x-api-key': key })
  const everything = JSON.stringify([await door.events(), await door.database.store.db.selectFrom('api_keys').selectAll().execute()])
  expect(everything).not.toContain(key)
  expect(everything).not.toContain(key.slice(8, 30))
})

it('TI-7 notes at most once a minute that a key was used', async () => {
  const { id, key } = await create()
  const used = async () =>
    (await door.database.store.db.selectFrom('api_keys').select('last_used_at').where('id', '=', id).executeTakeFirst())?.last_used_at
  expect(await used()).toBeNull()
  await call({ 'x-api-key': key })
  const first = await used()
  expect(first).toBeInstanceOf(Date)
  await call({ 'x-api-key': key })
  expect(await used()).toEqual(first)
  await door.database.store.db
    .updateTable('api_keys')
    .set({ last_used_at: new Date(Date.now() - 61_000) })
    .where('id', '=', id)
    .execute()
  await call({ 'x-api-key': key })
  expect((await used())?.getTime()).toBeGreaterThanOrEqual((first as Date).getTime())
})

it('TI-7 makes keys for known tenants only, and says who did', async () => {
  await expect(create({ tenant_id: 'ten_nobody' })).rejects.toMatchObject({ code: 'not_found' })
  const { id } = await create({ name: 'Globex SIEM' })
  expect(await lastEvent()).toMatchObject({
    action: 'KEY.CREATED',
    actor: { kind: 'operator', id: 'root' },
    tenant_id: 'ten_a',
    target: { kind: 'key', id, label: 'Globex SIEM' },
  })
})
