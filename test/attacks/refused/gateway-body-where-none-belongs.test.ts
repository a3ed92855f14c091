import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('FR-5 a body on a method that has none', () => {
  it.each(['GET /v1/reports', 'DELETE /v1/reports/7'])('is refused, and never read as another request: %s', async (first) => {
    rig.upstream.forget()
    const { session, token } = await rig.open({ scopes: ['reports:read', 'reports:write'] })
    const smuggled = `DELETE /v1/reports/8 HTTP/1.1\r\n${rig.host}\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const connection = await rig.connect()
    connection.send(rig.head(first, token, [`Content-Length: ${smuggled.length}`]))
    connection.send(smuggled)
    const answer = await connection.next()
    expect(answer?.status).toBe(400)
    await expectRefusal(rig, answer, 'body_refused', session)
    await connection.closed
    expect(connection.pending()).toHaveLength(0)
    const chunked = await rig.send(first, token, ['Transfer-Encoding: chunked'], `5\r\nhello\r\n0\r\n\r\n`)
    await expectRefusal(rig, chunked, 'body_refused', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is refused on HEAD too', async () => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send('HEAD /v1/reports', token, ['Content-Length: 2'], '{}')
    expect(answer.status).toBe(400)
    // An answer to HEAD says in its headers alone which one it is.
    expect(await rig.events({ request_id: answer.headers.get('x-request-id') as string })).toMatchObject([
      { action: 'SUPPORT_SESSION.REQUEST.REFUSED', result: 'deny', code: 'body_refused', session_id: session.id },
    ])
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
