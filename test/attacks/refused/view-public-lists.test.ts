import { type ErrorCode, errorCatalogue } from '@countersign/contract/errors.ts'
import { isTarget } from '@countersign/contract/target.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserRig, type Entered, ownFetch, startBrowserRig } from '../../gateway/browser-rig.ts'
import { traversals } from '../../gateway/traversals.ts'
import { isLong } from '../../support/long.ts'
import { openRaw, type RawAnswer, rawRequest, sendRaw } from '../../support/raw.ts'

let rig: BrowserRig
let entered: Entered
beforeAll(async () => {
  rig = await startBrowserRig()
  entered = await rig.enter({ scopes: ['reports:read', 'reports:write'] })
})
afterAll(() => rig?.close())

const base = () => [entered.host, `Cookie: ${entered.cookie}`, ...ownFetch]

/** Answered by the product, or refused in full and on the record as that alone; never our own fault. */
const expectSound = async (what: string, answer: RawAnswer | undefined): Promise<void> => {
  if (answer === undefined) return expect(what).toContain('Transfer-Encoding')
  const shown = [what.slice(0, 120), answer.status, answer.body.slice(0, 300)]
  if (answer.status === 200 || answer.status === 204) return
  expect([...shown, answer.status >= 400 && answer.status < 500]).toEqual([...shown, true])
  const id = answer.headers.get('x-request-id') ?? ''
  if (answer.headers.get('content-type') === 'application/problem+json') {
    const problem = JSON.parse(answer.body) as { code: ErrorCode; request_id: string }
    expect([...shown, errorCatalogue[problem.code]?.status, problem.request_id]).toEqual([...shown, answer.status, id])
  }
  const events = await rig.events({ request_id: id })
  expect([...shown, events.map(({ result }) => result)]).toEqual([...shown, ['deny']])
}

describe('the public lists at the door for browsers', () => {
  it('GW-1 no known spelling gets further than the last segment of its route', async () => {
    rig.upstream.forget()
    const connection = await openRaw(rig.port)
    let n = 0
    for (const traversal of traversals()) {
      if (n++ % (isLong ? 23 : 230) !== 0 || /[^\x21-\x7e]/.test(traversal)) continue
      const target = `/v1/reports/${traversal}`
      connection.send(rawRequest(`GET ${target} HTTP/1.1`, base()))
      const answer = await connection.next()
      expect(answer?.status, target).toBe(isTarget(target) ? (target.split('/').length === 4 && !target.endsWith('/') ? 200 : 403) : 400)
    }
    connection.end()
    for (const { target } of rig.upstream.received) expect(target).toMatch(/^\/v1\/reports\/[^/%\\]+$/)
  })

  const long = 'x'.repeat(10_000)
  const values = ['', 'x', '\xff\xfe', '\xed\xa0\x80', '%00', '-1', '1e400', long, '[['.repeat(2_000), 'a, b', 'a; b; c', '"', 'null', '*']
  const names = [
    ...['Accept', 'Accept-Encoding', 'Access-Control-Request-Headers', 'Access-Control-Request-Method', 'Authorization', 'Connection'],
    ...['Content-Encoding', 'Content-Length', 'Content-Type', 'Cookie', 'Countersign-Assertion', 'Expect', 'Forwarded', 'Host'],
    ...['If-None-Match', 'If-Range', 'Origin', 'Purpose', 'Range', 'Referer', 'Sec-Fetch-Dest', 'Sec-Fetch-Mode', 'Sec-Fetch-Site'],
    ...['Service-Worker', 'Service-Worker-Navigation-Preload', 'Transfer-Encoding', 'Upgrade', 'Via', 'X-Forwarded-Host'],
    ...['X-HTTP-Method-Override', 'X-Request-Id', 'X-Tenant-Id'],
  ]
  it.each(isLong ? names : names.filter((_, i) => i % 3 === 0))('in the header %s', async (name) => {
    for (const first of ['GET /v1/reports', 'OPTIONS /v1/reports', 'GET /.countersign/enter', 'POST /.countersign/enter']) {
      for (const headers of [...values.map((value) => [`${name}: ${value}`]), [`${name}: a`, `${name}: b`]]) {
        const plain = [...base(), ...(first.startsWith('POST') ? ['Content-Length: 0'] : [])]
        const lines = [...plain.filter((line) => !line.startsWith(`${name}:`)), ...headers]
        await expectSound(
          `${first} ${headers}`,
          await sendRaw(rig.port, rawRequest(`${first} HTTP/1.1`, [...lines, ...(name === 'Connection' ? [] : ['Connection: close'])])),
        )
      }
    }
  })

  it('in the form that enters a view', async () => {
    for (const body of [
      '',
      '=',
      'code',
      `code=${long}`,
      'code=a&code=b',
      '__proto__=1&path=/',
      'code=%00&path=%',
      'path=/&code=cs_view_x&more=1',
      '\xff'.repeat(100),
    ]) {
      const type = 'Content-Type: application/x-www-form-urlencoded'
      const lines = [...base(), `Origin: ${entered.origin}`, type, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close']
      const answer = await sendRaw(rig.port, rawRequest('POST /.countersign/enter HTTP/1.1', lines, body))
      await expectSound(`POST ${body}`, answer)
      expect([body.slice(0, 50), answer?.headers.has('set-cookie')]).toEqual([body.slice(0, 50), false])
    }
  })

  it('nothing below the reserved prefix ever reaches the product', async () => {
    rig.upstream.forget()
    for (const path of [
      '/.countersign/',
      '/.countersign/x',
      '/.countersign/enter/',
      '/.countersign/enter/x',
      '/.countersign/constructor',
      '/.countersign/runner2',
    ]) {
      for (const method of ['GET', 'POST', 'DELETE', 'PUT'])
        await expectSound(
          path,
          await sendRaw(rig.port, rawRequest(`${method} ${path} HTTP/1.1`, [...base(), 'Content-Length: 0', 'Connection: close'])),
        )
    }
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
