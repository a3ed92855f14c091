import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openRaw, type RawConnection } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { type GatewayRig, startGatewayRig } from './rig.ts'

describe('fair shares at the gateway', () => {
  let rig: GatewayRig
  const connections: RawConnection[] = []
  const open = async () => {
    const connection = await openRaw(rig.port, 30_000)
    connections.push(connection)
    return connection
  }
  beforeAll(async () => {
    rig = await startGatewayRig()
  })
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.end()
    rig.upstream.answer = undefined
    rig.upstream.forget()
  })
  afterAll(() => rig.close())

  /** The product has a stream that never ends. */
  const stream = () => {
    rig.upstream.answer = (_request, response, { target }) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('and so on')
      if (target !== '/v1/stream') response.end()
    }
  }
  const streams = () => rig.upstream.received.filter(({ target }) => target === '/v1/stream')

  it('answers what was pipelined in its order, one after the other', async () => {
    const { token } = await rig.open()
    let atOnce = 0
    let most = 0
    rig.upstream.answer = (_request, response, { target }) => {
      most = Math.max(most, ++atOnce)
      setTimeout(() => {
        atOnce--
        response.writeHead(200, { 'content-type': 'text/plain' }).end(target)
      }, 5 * Math.random())
    }
    const connection = await open()
    const targets = Array.from({ length: 60 }, (_, i) => `/v1/reports/${i}`)
    connection.send(Buffer.concat(targets.map((target) => rig.head(`GET ${target}`, token))))
    for (const target of targets) expect((await connection.next())?.body).toBe(target)
    expect(most).toBe(1)
  })

  it('2,100 streams pipelined on one connection take one place, and the rest is refused on the record', async () => {
    const greedy = await rig.open()
    const honest = await rig.open()
    stream()
    const connection = await open()
    connection.send(Buffer.concat(Array.from({ length: 2_100 }, () => rig.head('GET /v1/stream', greedy.token))))
    await until(() => rig.upstream.received.length > 0)
    const startedMs = performance.now()
    expect((await rig.send('GET /v1/reports', honest.token)).status).toBe(200)
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    expect(streams()).toHaveLength(1)
    const refused = await until(async () => {
      const events = await rig.events({ action: 'SUPPORT_SESSION.REQUEST.REFUSED', session_id: greedy.session.id })
      return events.length > 0 ? events : undefined
    })
    for (const event of refused) expect(event).toMatchObject({ code: 'overloaded', tenant_id: 'ten_a', request: { status: 503 } })
  })

  it('a session has a hundred requests under way; what waits is not admitted, and a revocation stops it', async () => {
    const { session, token } = await rig.open()
    const honest = await rig.open()
    stream()
    const many = await Promise.all(Array.from({ length: 120 }, open))
    for (const connection of many) connection.send(rig.head('GET /v1/stream', token))
    await until(() => streams().length >= 100)
    expect((await rig.send('GET /v1/reports/7', honest.token)).status).toBe(200)
    expect(await rig.events({ action: 'SUPPORT_SESSION.REQUEST.ADMITTED', session_id: session.id })).toHaveLength(100)
    await rig.revoke(session.id)
    rig.gateway.cut(session.id)
    const refused = await until(async () => {
      const events = await rig.events({ action: 'SUPPORT_SESSION.REQUEST.REFUSED', session_id: session.id })
      return events.length === 20 ? events : undefined
    })
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['session_revoked']))
    expect(streams()).toHaveLength(100)
  })

  it('who waits too long is refused on the record', async () => {
    const { session, token } = await rig.open()
    stream()
    const connection = await open()
    connection.send(Buffer.concat([rig.head('GET /v1/stream', token), rig.head('GET /v1/reports/8', token)]))
    const [refused] = await until(async () => {
      const events = await rig.events({ action: 'SUPPORT_SESSION.REQUEST.REFUSED', session_id: session.id })
      return events.length > 0 ? events : undefined
    }, 30)
    expect(refused).toMatchObject({ code: 'overloaded', request: { path: '/v1/reports/8' } })
  })
})
