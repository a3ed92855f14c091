import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Visitor } from '../support/browser.ts'
import { sendRaw } from '../support/raw.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let admin: Visitor
beforeAll(async () => {
  rig = await startRig()
  admin = await rig.visitorWith(['support_admin'])
})
afterAll(() => rig?.close())

const problemOf = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { code: string; hint: string; request_id: string }),
})

it('RS-1 refuses a body of 10 MB with 413 and goes on', async () => {
  const answer = await problemOf(await admin.send('POST', '/api/sessions', 'x'.repeat(10_000_000)))
  expect(answer).toMatchObject({
    status: 413,
    code: 'body_too_large',
    hint: expect.any(String),
    request_id: expect.stringMatching(/^req_/),
  })
  expect((await admin.get('/api/me')).status).toBe(200)
})

it.each([
  ['broken', '{"tenant_id":'],
  ['nothing', ''],
  ['two values', '{} {}'],
  ['not JSON', 'hello'],
  ['poisoned prototype', '{"__proto__":{"a":1}}'],
])('RS-1 refuses JSON that is %s with 400', async (_what, body) => {
  expect(await problemOf(await admin.send('POST', '/api/sessions', body, { 'content-type': 'application/json' }))).toMatchObject({
    status: 400,
    code: 'malformed_json',
  })
})

it('RS-1 refuses JSON that is nested 10,000 deep, and goes on', async () => {
  const answer = await problemOf(await admin.send('POST', '/api/sessions', `${'['.repeat(10_000)}${']'.repeat(10_000)}`))
  expect(answer.status).toBe(400)
  expect((await admin.get('/api/me')).status).toBe(200)
})

it('WB-2 refuses other content types than JSON with 415', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    expect(await problemOf(await admin.send('POST', '/api/sessions', '{}', { 'content-type': type }))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    })
  }
})

it('refuses query parameters of the wrong form and names them', async () => {
  for (const path of [
    '/api/audit?limit=0',
    '/api/audit?limit=1e9',
    '/api/audit?result=maybe',
    '/api/audit?from=yesterday',
    '/api/sessions?status=active',
    '/api/tenants?sort=secret',
    '/api/users?query=a',
    '/api/users?query=%00%00%00',
    '/api/users?query=ev%1Be',
  ]) {
    expect([path, await problemOf(await admin.get(path))]).toMatchObject([
      path,
      { status: 400, code: 'invalid_request', errors: [{ path: expect.any(String), message: expect.any(String) }] },
    ])
  }
})

it('refuses cursors that are not its own', async () => {
  for (const path of ['/api/audit', '/api/sessions', '/api/tenants']) {
    for (const cursor of ['AAAA', 'LTE', '!!', 'x'.repeat(600), Buffer.from('{"a":1}').toString('base64url')]) {
      expect([path, cursor, await problemOf(await admin.get(`${path}?cursor=${encodeURIComponent(cursor)}`))]).toMatchObject([
        path,
        cursor,
        { status: 400, code: 'invalid_request' },
      ])
    }
  }
})

it('HD-11 refuses headers above 16 kB with 431', async () => {
  const { port, host } = new URL(rig.console_url)
  const answer = await sendRaw(Number(port), `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
  expect(answer?.status).toBe(431)
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'headers_too_large' })
})

it('RS-3 refuses a Last-Event-ID that is no log index', async () => {
  for (const id of ['-1', 'x', '1e3', '99999999999999999999']) {
    expect([id, await problemOf(await admin.get('/api/audit/stream', { 'last-event-id': id }))]).toMatchObject([
      id,
      { status: 400, code: 'invalid_request' },
    ])
  }
})
