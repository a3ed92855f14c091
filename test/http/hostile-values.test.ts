import { type ErrorCode, errorCatalogue } from '@countersign/contract/errors.ts'
import type { Event } from '@countersign/contract/events.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { securityHeaders } from '../../server/src/http/headers.ts'
import { sessionCookie } from '../../server/src/identity/cookies.ts'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { readEvents } from '../support/events.ts'
import { isLong } from '../support/long.ts'
import { openRaw, type RawAnswer, rawRequest, sendRaw } from '../support/raw.ts'
import { type Rig, startRig } from '../support/rig.ts'

type Schema = { properties?: Record<string, Schema>; $ref?: string }
type Operation = {
  parameters?: { name: string; in: 'query' | 'path' | 'header' }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  'x-permission'?: string
}
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

const long = 'x'.repeat(10_000)
const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
const cursorOf = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** As they stand in an address. */
const inAddresses = [
  '',
  '%00',
  'a%00b%00',
  '%ED%A0%80',
  '%FF',
  '%',
  '%zz',
  '%F0%93%91%81',
  '%E2%80%AE',
  '..%2F..%2F',
  '%2e%2e',
  '-1',
  '1e400',
  '0000-01-01T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '%2B010000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-16:00',
  '2026-01-01T00:00:00%2B16:00',
  '2026-01-01T00:00:00%2B23:59',
  `2026-01-01T00:00:00.${'1'.repeat(5_000)}Z`,
  '[[[[]]]]',
  '__proto__',
  long,
]

/** Places in lists that nobody was given. */
const cursors = [
  cursorOf(['0000-01-01T00:00:00.000000Z', 'ses_00000000000070008000000000000000']),
  cursorOf(['9999-12-31T23:59:59.999999Z', '\0']),
  cursorOf(['name', 'asc', '\0', 'ten_1']),
  cursorOf('["name","asc","\\ud800","ten_1"]'),
  cursorOf(['created_at', 'asc', '0000-01-01T00:00:00.000000Z', 'ten_1']),
  cursorOf(['user_count', 'asc', 1e300, 'ten_1']),
  cursorOf('9'.repeat(30)),
  cursorOf('\0'),
  cursorOf(deep(500)),
  'A'.repeat(3_000),
]

const inHeaders = [
  '',
  'x',
  '\xff\xfe',
  '\xed\xa0\x80',
  '%00',
  '-1',
  '1e400',
  '0000-01-01T00:00:00Z',
  long,
  deep(5_000),
  'a, b',
  'a; b; c',
  '"',
]
const headerNames = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Content-Type',
  'Cookie',
  'Countersign-Background',
  'Expect',
  'Host',
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'Idempotency-Key',
  'Last-Event-ID',
  'Origin',
  'Range',
  'Referer',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Upgrade',
  'User-Agent',
  'X-API-Key',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-HTTP-Method-Override',
  'X-Request-ID',
]

/** As they stand in a body, where a member is. */
const inBodies = [
  '""',
  '"\\u0000"',
  '"a\\ud800"',
  '"\\udc00\\ud800"',
  `"${long}"`,
  '1e400',
  '-1',
  'null',
  '{}',
  '{"__proto__":1}',
  deep(200),
  `[${deep(50)}]`,
  '"0000-01-01T00:00:00Z"',
  '"\\u202e"',
]

let rig: Rig
let turn = 0
let operations: { method: string; path: string; operation: Operation; body: string[] }[] = []
let tenantId: string
let keyId: string
let key: string
beforeAll(async () => {
  rig = await startRig()
  tenantId = await rig.knownTenant()
  const made = await createKey({ store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } }, {
    tenant_id: tenantId,
    name: 'hostile',
    permissions: ['audit:read'],
  } as never)
  key = made.key
  keyId = made.id
  const document = (await (await fetch(`${rig.console_url}/openapi.json`)).json()) as Document
  const membersOf = (schema: Schema | undefined): string[] => {
    const named = schema?.$ref?.split('/').at(-1)
    return Object.keys((named === undefined ? schema : document.components.schemas[named])?.properties ?? {})
  }
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
      body: membersOf(Object.values(operation.requestBody?.content ?? {})[0]?.schema),
    })),
  )
})
afterAll(() => rig?.close())

/** Values that a route would take, so that what is hostile stands alone. */
const fill = (path: string, given: Record<string, string> = {}): string =>
  path.replace(
    /\{([^}]+)\}/g,
    (_, name: string) =>
      given[name] ??
      {
        tenant_id: tenantId,
        user_id: 'usr_0001',
        session_id: 'ses_00000000000070008000000000000000',
        event_id: 'evt_00000000000070008000000000000000',
      }[name] ??
      'nothing',
  )

type Caller = { id: string; headers: string[] }
const newCaller = async ({ operation }: { operation: Operation }): Promise<Caller> => {
  if (operation['x-permission']) return { id: keyId, headers: [`X-API-Key: ${key}`] }
  const visitor = await rig.visitorWith(['support_admin', 'super_admin', 'auditor'])
  const name = sessionCookie(rig.console_url)
  return { id: visitor.staff_id, headers: [`Cookie: ${name}=${visitor.cookies.get(name)}`] }
}

/** Names of the events since the last look that say the caller did something. */
let seen = '0'
const newDone = async (caller: Caller): Promise<string[]> => {
  const { rows } = await rig.database.store.pool.query('select n, body from events where n > $1 order by n', [seen])
  const found = rows as { n: string; body: string }[]
  seen = found.at(-1)?.n ?? seen
  const events = found.map(({ body }) => JSON.parse(body) as Event)
  return events.filter(({ actor, result }) => actor.id === caller.id && result === 'ok').map(({ action }) => action)
}

/** A refusal in full, or an answer; never our own fault, and nothing recorded as done that was refused. */
const expectSound = async (what: string, caller: Caller, answer: RawAnswer | undefined): Promise<void> => {
  const done = await newDone(caller)
  const shown = [what.slice(0, 200), answer?.status, answer?.body.slice(0, 300)]
  expect(answer, what).toBeDefined()
  if (answer === undefined) return
  expect(answer.status, String(shown)).not.toBe(500)
  for (const [name, value] of Object.entries(securityHeaders(rig.browser_origin))) {
    if (name !== 'cache-control') expect([...shown, name, answer.headers.get(name)]).toEqual([...shown, name, value])
  }
  expect([...shown, answer.headers.get('x-request-id')]).toEqual([...shown, expect.stringMatching(/^req_[0-9a-f]{32}$/)])
  if (answer.status < 400) return
  const type = answer.headers.get('content-type') ?? ''
  // The local provider speaks OpenID Connect, and pages are shown to people.
  if (type.startsWith('text/html') || what.includes('/local-oidc/')) return
  expect([...shown, type]).toEqual([...shown, 'application/problem+json'])
  const problem = JSON.parse(answer.body) as { code: ErrorCode; hint: string; request_id: string; status: number }
  expect([...shown, errorCatalogue[problem.code]?.status]).toEqual([...shown, answer.status])
  expect(problem).toMatchObject({ hint: expect.stringMatching(/./), request_id: answer.headers.get('x-request-id'), status: answer.status })
  expect([...shown, done]).toEqual([...shown, []])
}

const attack = async (caller: Caller, what: string, method: string, target: string, headers: string[], body = ''): Promise<RawAnswer> => {
  const { host, port } = new URL(rig.console_url)
  const named = new Set(headers.map((line) => line.split(':', 1)[0]?.toLowerCase()))
  const plain = [`Host: ${host}`, ...caller.headers, 'Connection: close']
  if (method !== 'GET') plain.push(`Origin: ${new URL(rig.console_url).origin}`)
  if (body !== '') plain.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  const lines = [...plain.filter((line) => !named.has(line.split(':', 1)[0]?.toLowerCase())), ...headers]
  const answer = /\/stream(?:\?|$)/.test(target)
    ? await firstOf(Number(port), rawRequest(`${method} ${target} HTTP/1.1`, lines, body))
    : await sendRaw(Number(port), rawRequest(`${method} ${target} HTTP/1.1`, lines, body), method)
  await expectSound(`${what}: ${method} ${target}`, caller, answer)
  return answer as RawAnswer
}

/** A stream that was let in does not end: its head is enough. */
const firstOf = async (port: number, bytes: Buffer): Promise<RawAnswer | undefined> => {
  const connection = await openRaw(port)
  connection.send(bytes)
  const head = connection.next('HEAD')
  const answer = await head
  if (answer && answer.status >= 400) {
    await connection.closed
    const body = connection.pending().toString()
    return { ...answer, body }
  }
  connection.end()
  return answer
}

const each = (run: (one: (typeof operations)[number], caller: Caller) => Promise<void>) => async () => {
  expect(operations.length).toBeGreaterThan(25)
  for (const one of operations) await run(one, await newCaller(one))
}

describe('RS-1 hostile values at every route of the console and tenant door', () => {
  it(
    'in every member of a query, and in members that nobody knows',
    each(async ({ method, path, operation }, caller) => {
      const target = fill(path)
      const names = operation.parameters?.filter((parameter) => parameter.in === 'query').map(({ name }) => name) ?? []
      const takesAny =
        names.length === 0 && !(await attack(caller, 'unknown', method, `${target}?nobody_knows=x`, [])).body.includes('nobody_knows')
      for (const name of names) {
        for (const [i, value] of (name === 'cursor' ? [...inAddresses, ...cursors] : inAddresses).entries())
          if (isLong || (i + turn) % 3 === 0) await attack(caller, name, method, `${target}?${name}=${value}`, [])
        turn += 1
        await attack(caller, 'twice', method, `${target}?${name}=1&${name}=2`, [])
        if (takesAny) continue
        const misspelled = `${name.slice(0, 1)}${name.slice(2)}_`
        const refused = await attack(caller, 'misspelled', method, `${target}?${misspelled}=x`, [])
        if (refused.status === 400) expect(refused.body).toContain(`/${misspelled}`)
      }
      for (const name of ['__proto__', 'constructor', '%00', '%FF', '%ED%A0%80', long])
        await attack(caller, 'unknown', method, `${target}?${name}=x`, [])
    }),
  )

  it(
    'in every part of a path',
    each(async ({ method, path, operation }, caller) => {
      for (const { name } of operation.parameters?.filter((parameter) => parameter.in === 'path') ?? [])
        for (const value of inAddresses.filter((text) => text !== ''))
          await attack(caller, name, method, fill(path, { [name]: value, '*': value }), [])
    }),
  )

  it(
    'in every member of a body, and in place of it',
    each(async ({ method, path, body }, caller) => {
      if (method === 'GET') return
      const whole: Record<string, string> = { tenant_id: JSON.stringify(tenantId), reason: '"looking at a report"' }
      const good = Object.fromEntries(Object.entries(whole).filter(([name]) => body.includes(name)))
      const write = (members: Record<string, string>): string =>
        `{${Object.entries(members).map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}`
      for (const name of body)
        for (const value of inBodies)
          await attack(caller, `${name} ${value.slice(0, 30)}`, method, fill(path), [], write({ ...good, [name]: value }))
      for (const name of ['tenantid', 'a\0b', '\ud800', long])
        await attack(caller, 'unknown', method, fill(path), [], write({ ...good, [name]: '1' }))
      for (const text of ['""', '1', 'null', '[]', deep(10_000), '{"a":', '\xff', '{"__proto__":{}}', '\ufeff{}'])
        await attack(caller, text.slice(0, 30), method, fill(path), [], text)
    }),
  )

  it(
    'in every header',
    each(async ({ method, path }, caller) => {
      // Each value at some routes, and at all of them in a long run.
      for (const [i, name] of headerNames.entries()) {
        const lines = [...inHeaders.map((value) => [`${name}: ${value}`]), [`${name}: a`, `${name}: b`]]
        for (const [k, headers] of lines.entries()) {
          if (!isLong && (i * lines.length + k + turn) % 40 !== 0) continue
          await attack(caller, headers.join(' ').slice(0, 60), method, fill(path), headers)
        }
      }
      turn += 1
    }),
  )
})

it('names the member that is not known, and the nearest that is', async () => {
  const admin = await rig.visitorWith(['support_admin', 'auditor'])
  const errorsAt = async (path: string) => {
    const answer = await admin.get(path)
    return [answer.status, ((await answer.json()) as { errors?: object[] }).errors]
  }
  expect(await errorsAt('/api/audit?sesion_id=ses_1')).toEqual([
    400,
    [{ path: '/sesion_id', message: 'is not known here; did you mean `session_id`?' }],
  ])
  expect(await errorsAt('/api/tenants?querry=x')).toEqual([400, [{ path: '/querry', message: 'is not known here; did you mean `query`?' }]])
  expect(await errorsAt('/api/me?x=1')).toEqual([400, [{ path: '/x', message: 'is not known here' }]])
  expect(await errorsAt('/api/users?query=%ff%fe')).toEqual([400, [{ path: '/query', message: 'is not percent-encoded UTF-8' }]])
  const unknown = await admin.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'looking at a report', ticke: '1' })
  expect(((await unknown.json()) as { errors: object[] }).errors).toEqual([
    { path: '/ticke', message: 'is not known here; did you mean `ticket`?' },
  ])
  const answer = await fetch(`${rig.console_url}/v1/audit?tenant_id=x`, { headers: { 'x-api-key': key } })
  expect([answer.status, ((await answer.json()) as { errors: { path: string }[] }).errors[0]?.path]).toEqual([400, '/tenant_id'])
})

it('A26 X3 records a denied attempt whose id holds half a character', async () => {
  const staff = await rig.visitorWith(['support_admin'])
  for (const id of ['"\\ud800"', '"\\u0000"', `"${long}"`]) {
    const answer = await staff.send(
      'POST',
      '/api/sessions',
      `{"tenant_id":${JSON.stringify(tenantId)},"reason":"looking at a report","target_user_id":${id}}`,
    )
    const problem = (await answer.json()) as { code: string; errors: { path: string }[]; request_id: string }
    expect([answer.status, problem.code, problem.errors[0]?.path]).toEqual([400, 'invalid_request', '/target_user_id'])
  }
  const events = await readEvents(rig.database.store.pool, { actor_id: staff.staff_id })
  expect(events.map(({ action, tenant_id, target }) => [action, tenant_id, target])).toEqual(
    Array(3).fill(['SUPPORT_SESSION.DENIED', tenantId, { kind: 'tenant', id: tenantId }]),
  )
})

it('records half a character in any text of an event as a replacement', async () => {
  const { store, journal } = rig.database
  await store.db.transaction().execute((tx) =>
    journal.record(tx, {
      action: 'USER.SEARCHED',
      result: 'ok',
      actor: { kind: 'system', id: 'half' },
      details: { query: 'a\ud800' },
    } as never),
  )
  const [recorded] = await readEvents(store.pool, { actor_id: 'half' })
  expect(recorded?.details).toEqual({ query: 'a\ufffd' })
})

it('no read that failed is on the record as done', async () => {
  const staff = await rig.visitorWith(['auditor', 'support_admin'])
  await rig.asSuperuser('alter table log_entries rename to log_entries_away')
  try {
    expect((await staff.get('/api/audit')).status).toBe(500)
  } finally {
    await rig.asSuperuser('alter table log_entries_away rename to log_entries')
  }
  expect(await newDone({ id: staff.staff_id, headers: [] })).toEqual([])
  expect((await staff.get('/api/audit')).status).toBe(200)
  expect(await newDone({ id: staff.staff_id, headers: [] })).toEqual(['AUDIT.READ'])
})
