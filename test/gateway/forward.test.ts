import { createPublicKey, verify } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, type GatewayRig, startGatewayRig } from './rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] as string, 'base64url').toString())

describe('a request in a session', () => {
  it('S4 C40 C44 is admitted, forwarded and completed under one request id that all three parties see', async () => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/reports?page=2', token)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject({ method: 'GET', target: '/v1/reports?page=2' })
    const requestId = answer.headers.get('x-request-id')
    expect(requestId).toMatch(/^req_[0-9a-f]{32}$/)
    expect(answer.headers.get('countersign-request-id')).toBe(requestId)
    const [received] = rig.upstream.received
    expect(received?.headers.get('x-request-id')).toBe(requestId)
    expect(received?.headers.get('countersign-request-id')).toBe(requestId)
    const events = await rig.events({ request_id: requestId })
    expect(events.map(({ action }) => action)).toEqual(['SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED'])
    for (const event of events) {
      expect(event).toMatchObject({
        category: 'support_session',
        result: 'ok',
        session_id: session.id,
        tenant_id: 'ten_a',
        actor: { kind: 'staff', id: rig.staff.id, email: rig.staff.email },
        target: { kind: 'tenant', id: 'ten_a' },
        request: { id: requestId, method: 'GET', path: '/v1/reports?page=2', route: '/v1/reports', scope: 'reports:read' },
      })
    }
    expect(events[1]?.request).toMatchObject({ status: 200, bytes: Buffer.byteLength(answer.body) })
  })

  it('carries an assertion that the product can verify, bound to this very request', async () => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    await rig.send('GET /v1/reports?a=1', token)
    const received = rig.upstream.received[0]
    const jwt = received?.headers.get('countersign-assertion') ?? ''
    const [header, payload, signature] = jwt.split('.') as [string, string, string]
    const key = createPublicKey({ key: rig.database.keys.assertion.publicJwk as never, format: 'jwk' })
    expect(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      typ: 'JWT',
      kid: rig.database.keys.assertion.publicJwk.kid,
    })
    const claims = claimsOf(jwt)
    expect(claims).toMatchObject({
      iss: 'http://localhost:4000',
      aud: 'test-product',
      sub: 'ten_a',
      tenant_id: 'ten_a',
      act: { sub: rig.staff.id, email: rig.staff.email },
      scope: 'reports:read',
      sid: session.id,
      jti: received?.headers.get('countersign-request-id'),
      htm: 'GET',
      htu: '/v1/reports?a=1',
    })
    expect(claims.exp - claims.iat).toBe(30)
  })

  it('A6 tells the product the address of staff as it is now; the log has whom the session was opened by, as they were then', async () => {
    const val = await rig.newStaff()
    const { token } = await rig.open({ by: val })
    await rig.send('GET /v1/reports', token)
    await sql`update staff set email = 'val.new@vendor.example' where id = ${val.id}`.execute(rig.database.store.db)
    rig.upstream.forget()
    const answer = await rig.send('GET /v1/reports', token)
    const claims = claimsOf(rig.upstream.received[0]?.headers.get('countersign-assertion') ?? '')
    expect(claims.act).toEqual({ sub: val.id, email: 'val.new@vendor.example' })
    const [admitted] = await rig.events({ request_id: answer.headers.get('x-request-id') ?? '' })
    expect(admitted).toMatchObject({ action: 'SUPPORT_SESSION.REQUEST.ADMITTED', actor: { id: val.id, email: val.email } })
  })

  it('HD-9 forwards neither the token nor cookies nor any credential', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    await rig.send('GET /v1/reports', token, ['Cookie: countersign=abc', 'X-API-Key: cs_live_abcdefgh', 'Proxy-Authorization: Basic eDp5'])
    const text = rig.upstream.bytes().toString('latin1').toLowerCase()
    for (const secret of [token.toLowerCase(), 'cookie', 'x-api-key', 'authorization:']) expect(text).not.toContain(secret)
  })

  it('I6 forwards the bytes that were judged, body included', async () => {
    rig.upstream.forget()
    const { token } = await rig.open({ scopes: ['reports:write'] })
    const body = '{"name":"Quarterly"}'
    const answer = await rig.send(
      'POST /v1/reports?x=%C3%A4',
      token,
      ['Content-Type: application/json', `Content-Length: ${body.length}`],
      body,
    )
    expect(answer.status).toBe(200)
    expect(rig.upstream.received[0]).toMatchObject({ method: 'POST', target: '/v1/reports?x=%C3%A4' })
    expect(rig.upstream.received[0]?.body.toString()).toBe(body)
  })

  it('streams a chunked body through, and drops its trailers', async () => {
    rig.upstream.forget()
    const { token } = await rig.open({ scopes: ['reports:write'] })
    const body = '5\r\nhello\r\n6\r\n world\r\n0\r\nAuthorization: Bearer x\r\n\r\n'
    const answer = await rig.send('POST /v1/reports', token, ['Transfer-Encoding: chunked', 'Trailer: Authorization'], body)
    expect(answer.status).toBe(200)
    expect(rig.upstream.received[0]?.body.toString()).toBe('hello world')
    expect(rig.upstream.bytes().toString()).not.toContain('Bearer x')
  })

  it('answers "100 Continue" only after it was admitted', async () => {
    const { token } = await rig.open({ scopes: ['reports:write'] })
    const connection = await rig.connect()
    connection.send(rig.head('POST /v1/reports', token, ['Content-Length: 2', 'Expect: 100-continue']))
    expect((await connection.next())?.status).toBe(100)
    connection.send('{}')
    expect((await connection.next())?.status).toBe(200)
    connection.end()
    const { token: readOnly } = await rig.open()
    const refused = await rig.send('POST /v1/reports', readOnly, ['Content-Length: 2', 'Expect: 100-continue'])
    expect(codeOf(refused)).toBe('scope_missing')
  })
})
