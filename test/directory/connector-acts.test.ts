import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actNames, actTargets } from '@countersign/contract/connector.ts'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ActOrder } from '../../server/src/directory/connector.ts'
import { type HttpConnector, openHttpConnector } from '../../server/src/directory/connectors/http.ts'
import type { Refusal } from '../../server/src/errors.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { type DirectoryServer, type Fault, smallWorld, startDirectory } from '../support/directory.ts'

const dir = mkdtempSync(join(tmpdir(), 'countersign-acts-'))
const keys = loadKeys(dir)
let directory: DirectoryServer
let connector: HttpConnector
const open = (url = directory.url, timeoutMilliseconds = 5_000) =>
  openHttpConnector({ url, audience: directory.audience, issuer: directory.issuer, keys, timeoutMilliseconds })

let lastId = 0
const rob = { sub: 'stf_1', email: 'rob@vendor.example' }
const newOrder = (members: Partial<ActOrder> = {}): ActOrder => ({
  id: `req_${++lastId}`,
  act: 'revoke_sessions',
  target: { kind: 'user', id: 'usr_0001' },
  parameters: {},
  requested_by: rob,
  approved_by: [],
  expires_at: new Date(Date.now() + 30_000),
  ...members,
})

beforeAll(async () => {
  directory = await startDirectory({ jwk: keys.assertion.publicJwk })
})
beforeEach(() => {
  connector = open()
  directory.world = smallWorld()
  directory.effects.length = 0
})
afterEach(async () => {
  directory.fault = undefined
  directory.faultAfter = undefined
  await connector.close()
})
afterAll(async () => {
  await directory.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('an act', () => {
  it.each(actNames)('%s is asked for so that a directory which checks everything does it', async (act) => {
    const target = actTargets[act] === 'user' ? ({ kind: 'user', id: 'usr_0001' } as const) : ({ kind: 'tenant', id: 'ten_0001' } as const)
    const parameters = act === 'revoke_session' ? { session_id: 'sess_1' } : {}
    const order = newOrder({ act, target, parameters })
    expect(await connector.act(order)).toEqual({ status: 'done', count: expect.any(Number), at: expect.any(String) })
    expect(directory.effects).toEqual([{ id: order.id, act, target: target.id }])
  })

  it('says in its token who asks, for what, under which id and until when', async () => {
    let seen: { headers: IncomingHttpHeaders; url?: string; body: Buffer } | undefined
    const server = createServer(async (request, response) => {
      seen = { headers: request.headers, url: request.url, body: Buffer.concat(await request.toArray()) }
      response.writeHead(500).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const other = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`)
    const mgr = { sub: 'stf_2', email: 'mgr@vendor.example' }
    const order = newOrder({ target: { kind: 'user', id: 'a/b' }, approved_by: [mgr], expires_at: new Date(Date.now() + 20_500) })
    await other.act(order)
    const claims = decodeJwt(seen?.headers.authorization?.slice('Bearer '.length) ?? '')
    expect(claims).toMatchObject({
      htm: 'POST',
      htu: '/base/users/a%2Fb/acts',
      act: rob,
      operation: { id: order.id, act: order.act, target: order.target },
      body_sha256: createHash('sha256')
        .update(seen?.body as Buffer)
        .digest('base64url'),
    })
    expect(claims.exp).toBe(Math.floor(order.expires_at.getTime() / 1000))
    expect(seen?.headers['idempotency-key']).toBe(order.id)
    expect(JSON.parse(String(seen?.body))).toEqual({ act: order.act, parameters: {}, requested_by: rob, approved_by: [mgr] })
    await other.act(newOrder({ expires_at: new Date(Date.now() + 3_600_000) }))
    const { iat = 0, exp = 0 } = decodeJwt(seen?.headers.authorization?.slice('Bearer '.length) ?? '')
    expect(exp - iat).toBe(60)
    await other.close()
    server.close()
  })

  it('has one effect and one outcome, however often it is asked for', async () => {
    const order = newOrder()
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => connector.act(order)))
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
    expect(directory.effects).toHaveLength(1)
    expect(await connector.findAct(order)).toEqual(outcomes[0])
  })

  it.each([
    ['not_found', { target: { kind: 'user', id: 'usr_none' } }],
    ['not_found', { target: { kind: 'user', id: '..' } }],
    ['unknown_act', { act: 'force_logout' }],
    ['bad_request', { parameters: { session_id: 'sess_1' } }],
  ] as const)('is refused as %s where it is %o, without effect', async (code, members) => {
    expect(await connector.act(newOrder(members))).toMatchObject({ status: 'refused', code })
    expect(directory.effects).toEqual([])
  })

  it('is refused as key_reused under the id of another', async () => {
    const order = newOrder()
    await connector.act(order)
    expect(await connector.act({ ...order, act: 'reset_totp' })).toMatchObject({ status: 'refused', code: 'key_reused' })
  })

  it('is not sent after its time, to nobody, and not while the product is left alone', async () => {
    const before = directory.calls.length
    const late = await connector.act(newOrder({ expires_at: new Date(Date.now() - 1) }))
    expect(late).toMatchObject({ status: 'not_sent', cause: { kind: 'ours' } })
    const nobody = open('http://127.0.0.1:9')
    for (let n = 0; n < 3; n++) expect(await nobody.act(newOrder())).toMatchObject({ status: 'not_sent', cause: { kind: 'refused' } })
    expect(await nobody.act(newOrder())).toMatchObject({ status: 'not_sent', cause: { kind: 'paused' } })
    expect(nobody.state()).toMatchObject({ status: 'paused', failure: 'refused' })
    await nobody.close()
    expect(directory.calls).toHaveLength(before)
  })

  const json = { 'content-type': 'application/json' }
  const answer =
    (status: number, body: string, headers: Record<string, string> = json): Fault =>
    (_request, response) =>
      response.writeHead(status, headers).end(body)
  const others = JSON.stringify({
    id: 'req_other',
    act: 'revoke_sessions',
    target: { kind: 'user', id: 'usr_0001' },
    ...{ status: 'done', count: 1, code: null, message: null, at: new Date().toISOString() },
  })
  const troubles: [what: string, kind: string, Fault][] = [
    ['hangs up', 'reset', (_request, response) => response.destroy()],
    ['is silent', 'timeout', () => new Promise(() => {})],
    ['answers 500', 'status', answer(500, '{}')],
    ['answers 429', 'status', answer(429, '{}')],
    ['answers 401', 'garbled', answer(401, '{"code":"replayed","message":"used before"}')],
    ['answers 404 in words of its own', 'garbled', answer(404, '{"code":"nothing_here","message":"no"}')],
    ['answers 404 as a page', 'garbled', answer(404, '<h1>404</h1>', { 'content-type': 'text/html' })],
    ['answers half a JSON', 'garbled', answer(200, '{"id":')],
    ['answers another shape', 'garbled', answer(200, '{"ok":true}')],
    ['answers with the outcome of another act', 'garbled', answer(200, others)],
    ['answers with a redirect', 'garbled', answer(302, '', { location: '/elsewhere' })],
  ]
  it.each(troubles)(
    'is unknown where the product %s after the effect; asked again, the outcome is told and is the only one',
    async (_what, kind, fault) => {
      const hasty = open(directory.url, 300)
      const order = newOrder()
      directory.faultAfter = fault
      expect(await hasty.act(order)).toMatchObject({ status: 'unknown', cause: { kind } })
      directory.faultAfter = undefined
      await hasty.close()
      const outcome = await connector.findAct(order)
      expect(outcome).toMatchObject({ status: 'done', count: 1 })
      expect(await connector.act(order)).toEqual(outcome)
      expect(directory.effects).toEqual([expect.objectContaining({ id: order.id })])
    },
  )

  it('is pending by 202 alone', async () => {
    const order = newOrder()
    const { id, act, target } = order
    const pending = JSON.stringify({ id, act, target, status: 'pending', count: null, code: null, message: null, at: null })
    directory.fault = answer(202, pending)
    expect(await connector.act(order)).toEqual({ status: 'pending' })
    directory.fault = answer(200, pending)
    expect(await connector.act(order)).toMatchObject({ status: 'unknown', cause: { kind: 'garbled' } })
    expect(await connector.findAct(order)).toEqual({ status: 'pending' })
  })
})

describe('the outcome of an act', () => {
  const codeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'answered',
      (error: Refusal) => error.code,
    )

  it('is undefined where the product says in so many words that it never heard of it', async () => {
    expect(await connector.findAct(newOrder())).toBeUndefined()
    directory.fault = (_request, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>')
    expect(await codeOf(connector.findAct(newOrder()))).toBe('directory_garbled')
    directory.fault = (_request, response) => response.writeHead(503).end()
    expect(await codeOf(connector.findAct(newOrder()))).toBe('directory_unavailable')
  })

  it("is not another act's", async () => {
    const order = newOrder()
    await connector.act(order)
    for (const members of [{ act: 'reset_totp' }, { target: { kind: 'user', id: 'usr_0002' } }] as const) {
      expect(await codeOf(connector.findAct({ ...order, ...members }))).toBe('directory_garbled')
    }
  })
})

describe('what a product can do', () => {
  const info = (acts?: unknown): Fault => {
    const body = JSON.stringify({ protocol: 'countersign-connector/1', product: 'x', ...(acts === undefined ? {} : { acts }) })
    return (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  }

  it('is what it names of the acts that there are, and nothing where it names none', async () => {
    directory.fault = info(['make_coffee', 'suspend_account', 'reset_totp'])
    expect((await connector.info()).acts).toEqual(['reset_totp', 'suspend_account'])
    directory.fault = info()
    expect((await connector.info()).acts).toEqual([])
  })

  it('is asked for once', async () => {
    const before = directory.calls.length
    expect(await Promise.all([connector.acts(), connector.acts()])).toEqual([actNames, actNames])
    await connector.acts()
    expect(directory.calls).toHaveLength(before + 1)
  })
})
