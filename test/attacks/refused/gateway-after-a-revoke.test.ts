import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Gateway } from '../../../server/src/gateway/start.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from '../../gateway/rig.ts'
import { share } from '../../support/long.ts'
import { openRaw, type RawConnection, rawRequest } from '../../support/raw.ts'

const lanes = 20
const racesInLane = share(50)

let rig: GatewayRig
let replica: Gateway
beforeAll(async () => {
  rig = await startGatewayRig()
  replica = await startReplica(rig)
})
afterAll(async () => {
  await replica.close(0)
  await rig.close()
})

const ask = async (connection: RawConnection, port: number, token: string) => {
  connection.send(rawRequest('GET /v1/reports HTTP/1.1', [`Host: localhost:${port}`, `Authorization: Bearer ${token}`]))
  return connection.next()
}

describe('a revoked session', () => {
  it('C45 S7 is refused from then on, on the record of its session', async () => {
    const { session, token } = await rig.open()
    expect((await rig.send('GET /v1/reports', token)).status).toBe(200)
    await rig.revoke(session.id)
    rig.upstream.forget()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'session_revoked'])
    expect(rig.upstream.bytes()).toHaveLength(0)
    expect((await rig.events({ session_id: session.id })).at(-1)).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.REFUSED',
      code: 'session_revoked',
      tenant_id: 'ten_a',
    })
  })

  it(`SE-2 F6 admits no request that starts after the revoke was acknowledged, in ${lanes * racesInLane} races over two replicas`, async () => {
    const ports = [rig.port, replica.address.port]
    let before = 0
    let after = 0
    /** One race after another: two callers on two replicas ask without a pause while the session is revoked. */
    const lane = async (races: number) => {
      const callers = await Promise.all(ports.map(async (port) => ({ port, raw: await openRaw(port) })))
      for (let race = 0; race < races; race++) {
        const { session, token } = await rig.open()
        let acknowledgedMs = Number.POSITIVE_INFINITY
        let letIn = () => {}
        const inUse = new Promise<void>((resolve) => {
          letIn = resolve
        })
        const racing = callers.map(async ({ port, raw }) => {
          for (;;) {
            const startedMs = performance.now()
            const answer = await ask(raw, port, token)
            if (answer?.status === 200) {
              before++
              letIn()
              if (startedMs > acknowledgedMs) after++
            } else {
              expect(codeOf(answer)).toBe('session_revoked')
              if (startedMs > acknowledgedMs) return
            }
          }
        })
        await inUse
        await new Promise((resolve) => setTimeout(resolve, race % 4))
        await rig.revoke(session.id)
        acknowledgedMs = performance.now()
        await Promise.all(racing)
      }
      for (const { raw } of callers) raw.end()
    }
    await Promise.all(Array.from({ length: lanes }, () => lane(racesInLane)))
    expect(before).toBeGreaterThanOrEqual(lanes * racesInLane)
    expect(after).toBe(0)
  }, 240_000)

  it('SE-3 racing 200 requests: each is admitted before the revoke in the log’s order, or refused', async () => {
    for (let round = 0; round < 5; round++) {
      const { session, token } = await rig.open()
      const connections = await Promise.all(Array.from({ length: 20 }, (_, i) => openRaw(i % 2 ? rig.port : replica.address.port)))
      const port = (i: number) => (i % 2 ? rig.port : replica.address.port)
      const asking = connections.map(async (raw, i) => {
        const statuses: (number | undefined)[] = []
        for (let n = 0; n < 10; n++) statuses.push((await ask(raw, port(i), token))?.status)
        return statuses
      })
      await new Promise((resolve) => setTimeout(resolve, 5 + round * 5))
      await rig.revoke(session.id)
      const statuses = (await Promise.all(asking)).flat()
      for (const raw of connections) raw.end()
      const events = await rig.events({ session_id: session.id })
      const revokedAt = events.findIndex(({ action }) => action === 'SUPPORT_SESSION.REVOKED')
      const admitted = events.flatMap(({ action }, i) => (action === 'SUPPORT_SESSION.REQUEST.ADMITTED' ? [i] : []))
      expect(revokedAt).toBeGreaterThan(0)
      expect(admitted.filter((i) => i > revokedAt)).toEqual([])
      expect(statuses).toHaveLength(200)
      const refused = events.filter(({ action }) => action === 'SUPPORT_SESSION.REQUEST.REFUSED').length
      expect(admitted.length + refused).toBeGreaterThanOrEqual(200)
    }
  }, 60_000)
})
