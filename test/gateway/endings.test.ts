import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openRaw, rawRequest } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from './rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

/** The product sends a line every few milliseconds until its connection ends. */
let stopped = 0
beforeEach(() => {
  rig.upstream.forget()
  stopped = 0
  rig.upstream.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('line\n'), 10)
    response.once('close', () => {
      clearInterval(timer)
      stopped++
    })
  }
})

const startStream = async (token: string, port = rig.port) => {
  const connection = await openRaw(port)
  connection.send(rawRequest('GET /v1/stream HTTP/1.1', [`Host: localhost:${port}`, `Authorization: Bearer ${token}`]))
  await until(() => connection.pending().includes('line'))
  return connection
}

const lastOf = async (sessionId: string) =>
  (await rig.events({ session_id: sessionId })).filter(({ action }) => action.startsWith('SUPPORT_SESSION.REQUEST.'))

describe('a stream under way', () => {
  it('S3 SE-1 is cut at expires_at, and the log says why and how much had gone', async () => {
    const { session, token } = await rig.open()
    await rig.expireIn(session.id, 1_000)
    const started = performance.now()
    const connection = await startStream(token)
    await connection.closed
    const lasted = performance.now() - started
    expect(lasted).toBeLessThan(1_500)
    expect(lasted).toBeGreaterThan(300)
    await until(async () => (await lastOf(session.id)).length === 3)
    const [admitted, completed, cut] = await lastOf(session.id)
    expect([admitted?.action, completed?.action]).toEqual(['SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED'])
    expect(cut).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.CUT',
      result: 'error',
      code: 'session_expired',
      request: { id: admitted?.request?.id, status: 200 },
    })
    expect(cut?.request?.bytes).toBeGreaterThan(5)
    expect(cut?.request?.bytes).toBeLessThanOrEqual(connection.pending().length + 4096)
    await until(() => stopped === 1)
  })

  it('P9 is cut at once when the session is revoked here', async () => {
    const { session, token } = await rig.open()
    const connection = await startStream(token)
    const revoked = performance.now()
    await rig.revoke(session.id)
    await connection.closed
    expect(performance.now() - revoked).toBeLessThan(500)
    await until(async () => (await lastOf(session.id)).at(-1)?.code === 'session_revoked')
    await until(() => stopped === 1)
  })

  it('P9 is cut within a second when it runs on another replica', async () => {
    const other = await startReplica(rig, { error: () => {}, info: () => {}, warn: () => {} })
    const { session, token } = await rig.open()
    const connection = await startStream(token, other.address.port)
    await rig.revoke(session.id)
    const acknowledged = performance.now()
    await connection.closed
    expect(performance.now() - acknowledged).toBeLessThan(1_000)
    await until(async () => (await lastOf(session.id)).at(-1)?.code === 'session_revoked')
    await other.close(0)
  })

  it.each([
    ['is disabled', 'update staff set disabled_at = clock_timestamp() where id = $1'],
    ['loses the role', `update staff set roles = array['auditor'] where id = $1`],
  ])('SE-5 P10 is cut within a second when its staff member %s, and the next request is refused', async (_, text) => {
    const by = await rig.newStaff()
    const { session, token } = await rig.open({ by })
    const connection = await startStream(token)
    await rig.database.store.pool.query(text, [by.id])
    const done = performance.now()
    const refused = await rig.send('GET /v1/reports', token)
    expect(codeOf(refused)).toBe('staff_not_allowed')
    await connection.closed
    expect(performance.now() - done).toBeLessThan(1_000)
    await until(async () =>
      (await lastOf(session.id)).some(({ action, code }) => action === 'SUPPORT_SESSION.REQUEST.CUT' && code === 'staff_not_allowed'),
    )
  })

  it('is recorded as cut when the caller leaves', async () => {
    const { session, token } = await rig.open()
    const connection = await startStream(token)
    connection.end()
    await until(async () => (await lastOf(session.id)).length === 3)
    expect((await lastOf(session.id)).at(-1)).toMatchObject({ action: 'SUPPORT_SESSION.REQUEST.CUT', code: 'client_abort' })
    await until(() => stopped === 1)
  })

  it('is recorded as cut when the product breaks off, and the caller sees that it is not whole', async () => {
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half')
      setTimeout(() => response.destroy(), 100)
    }
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/stream', token)
    expect(answer).toMatchObject({ status: 200, body: 'half', whole: false })
    await until(async () => (await lastOf(session.id)).length === 3)
    expect((await lastOf(session.id)).at(-1)).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.CUT',
      code: 'upstream_unavailable',
      request: { bytes: 4 },
    })
  })

  it('waits for a slow reader without holding the answer in memory', async () => {
    let sent = 0
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      const block = Buffer.alloc(65_536, 'a')
      const push = () => {
        if (response.destroyed || sent > 200_000_000) return
        sent += block.length
        if (response.write(block)) setImmediate(push)
        else response.once('drain', push)
      }
      push()
    }
    const { token } = await rig.open()
    const connection = await rig.connect()
    connection.socket.pause()
    connection.send(rig.head('GET /v1/stream', token))
    let before = -1
    await until(async () => {
      const still = sent === before && sent > 0
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 200))
      return still
    }, 15_000)
    expect(sent).toBeLessThan(50_000_000)
    connection.end()
  })
})

describe('a gateway that closes', () => {
  it('finishes what runs within its patience, refuses what is new, and cuts the rest on the record', async () => {
    const other = await startReplica(rig, { error: () => {}, info: () => {}, warn: () => {} })
    const { session, token } = await rig.open()
    const stream = await startStream(token, other.address.port)
    const idle = await openRaw(other.address.port)
    const request = rawRequest('GET /v1/stream HTTP/1.1', [`Host: localhost:${other.address.port}`, `Authorization: Bearer ${token}`])
    idle.send(request)
    await until(() => idle.pending().includes('line'))
    await other.close(100)
    await stream.closed
    const cuts = (await lastOf(session.id)).filter(({ action }) => action === 'SUPPORT_SESSION.REQUEST.CUT')
    expect(cuts.map(({ code }) => code)).toEqual(['shutting_down', 'shutting_down'])
    await expect(openRaw(other.address.port)).rejects.toThrow('ECONNREFUSED')
  })
})
