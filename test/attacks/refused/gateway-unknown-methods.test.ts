import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('GW-4 a method beyond the six', () => {
  it.each(['OPTIONS', 'TRACE', 'QUERY', 'PROPFIND', 'LOCK', 'PURGE', 'LINK', 'M-SEARCH'])(
    'is refused and on the record: %s',
    async (method) => {
      rig.upstream.forget()
      const { session, token } = await rig.open()
      const answer = await rig.send(`${method} /v1/reports`, token)
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE')
      await expectRefusal(rig, answer, 'method_refused', session)
      expect(rig.upstream.bytes()).toHaveLength(0)
    },
  )

  it.each(['get', 'GET\t', 'FOO', 'G', 'M'.repeat(8192)])('is refused by the parser, and recorded too', async (method) => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const answer = await rig.send(`${method} /v1/reports`, token)
    expect(answer.status).toBe(400)
    await expectRefusal(rig, answer, 'invalid_request')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is refused with CONNECT, which would open a tunnel', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    for (const target of ['/v1/reports', `127.0.0.1:${rig.upstream.port}`]) {
      const connection = await rig.connect()
      connection.send(rig.head(`CONNECT ${target}`, token))
      const answer = await connection.next()
      expect(answer?.status).toBe(400)
      connection.send('GET /v1/reports HTTP/1.1\r\nHost: x\r\n\r\n')
      await connection.closed
      expect(connection.pending()).toHaveLength(0)
      expect(['upgrade_refused', 'invalid_request']).toContain(codeOf(answer))
    }
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is the declared one for a route, HEAD and GET apart', async () => {
    const { session, token } = await rig.open()
    expect((await rig.send('HEAD /v1/reports', token)).status).toBe(200)
    const answer = await rig.send('HEAD /v1/reports/7', token)
    expect(answer.status).toBe(403)
    const events = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.REFUSED' })
    expect(events.map(({ code }) => code)).toEqual(['route_undeclared'])
  })
})
