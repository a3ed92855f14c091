import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('an expired session', () => {
  it('S3 is refused by the database’s clock, with no job running', async () => {
    const { session, token } = await rig.open()
    expect((await rig.send('GET /v1/reports', token)).status).toBe(200)
    await rig.expireIn(session.id, 0)
    rig.upstream.forget()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'session_expired'])
    expect(rig.upstream.bytes()).toHaveLength(0)
    expect((await rig.events({ session_id: session.id })).at(-1)).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.REFUSED',
      code: 'session_expired',
      tenant_id: 'ten_a',
    })
  })

  it('SE-1 I5 is forwarded nothing at or after expires_at, in steps of a millisecond around it', async () => {
    const { rows } = await rig.database.store.pool.query<{ now: string }>('select extract(epoch from clock_timestamp()) * 1000 as now')
    // One machine, one clock: the database's as this process sees it.
    const offset = performance.now() - Number(rows[0]?.now)
    let forwarded = 0
    for (let step = -10; step <= 10; step++) {
      const { session, token } = await rig.open()
      const connection = await rig.connect()
      await rig.expireIn(session.id, 40)
      const expires = await rig.database.store.pool.query<{ at: string }>(
        'select extract(epoch from expires_at) * 1000 as at from support_sessions where id = $1',
        [session.id],
      )
      const expiresMs = Number(expires.rows[0]?.at) + offset
      rig.upstream.forget()
      const request = rig.head('GET /v1/reports', token)
      while (performance.now() < expiresMs + step) await new Promise((resolve) => setImmediate(resolve))
      connection.send(request)
      const answer = await connection.next()
      connection.end()
      const [received] = rig.upstream.received
      if (answer?.status === 200) {
        forwarded++
        // It left before; a few milliseconds on the way are the machine's.
        expect(received?.at_ms).toBeLessThan(expiresMs + 25)
      } else {
        expect(codeOf(answer)).toBe('session_expired')
        if (step >= 0) expect(received).toBeUndefined()
      }
      if (step >= 0) expect(answer?.status).toBe(403)
    }
    expect(forwarded).toBeLessThan(11)
  })
})
