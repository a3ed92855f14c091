import type { Session } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { extendSession } from '../../../server/src/actions/extend-session.ts'
import { openSession } from '../../../server/src/actions/open-session.ts'
import { codeOf, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { asSuperuser } from '../../support/database.ts'
import { judgeNeeds, requireOpened } from '../../support/judge.ts'
import { openRaw, rawRequest } from '../../support/raw.ts'
import { until } from '../../support/until.ts'

let rig: GatewayRig
let bound: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig({ config: 'sessions: { roles: { support_admin: { scopes: [members:read] } } }' })
  bound = await startGatewayRig({ config: 'sessions: { bind_to_address: true }' })
})
afterAll(async () => {
  await rig.close()
  await bound.close()
})
/** Who may have everything, by a role that can be taken away alone. */
const newBoss = () => rig.newStaff(['support_admin', 'super_admin'])
const needs = (of = rig) => ({ ...of.database, ...judgeNeeds(of.config, { findUser: async () => undefined }) })

const idleIn = ({ id }: Session, ms: number) =>
  asSuperuser(
    rig.database.superuserUrl,
    `update session_activity set idle_at = clock_timestamp() + $2 * interval '1 ms' where session_id = $1`,
    [id, ms],
  )
const eventsOf = ({ id }: Session) => rig.events({ session_id: id })

let stopped = 0
beforeEach(() => {
  rig.upstream.forget()
  stopped = 0
})
/** A stream of the product's that sends a line every few milliseconds. */
const startStream = async (token: string) => {
  rig.upstream.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('line\n'), 10)
    response.once('close', () => {
      clearInterval(timer)
      stopped++
    })
  }
  const connection = await openRaw(rig.port)
  connection.send(rawRequest('GET /v1/stream HTTP/1.1', [`Host: localhost:${rig.port}`, `Authorization: Bearer ${token}`]))
  await until(() => connection.pending().includes('line'))
  rig.upstream.answer = undefined
  return connection
}

describe('a session in which nobody did anything', () => {
  it('M16 TM-1 is refused, on the record, and reaches nothing', async () => {
    const { session, token } = await rig.open({ by: await newBoss() })
    await idleIn(session, 0)
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'session_timed_out'])
    expect(rig.upstream.bytes()).toHaveLength(0)
    expect((await eventsOf(session)).at(-1)).toMatchObject({ action: 'SUPPORT_SESSION.REQUEST.REFUSED', code: 'session_timed_out' })
  })

  it('SE-1 M16 either moves its limit in time or is over for good: nothing is let through after a refusal', async () => {
    const by = await newBoss()
    for (let step = -6; step <= 6; step += 2) {
      const { session, token } = await rig.open({ by })
      await idleIn(session, 30)
      const limitMs = performance.now() + 30
      while (performance.now() < limitMs + step) await new Promise((resolve) => setImmediate(resolve))
      const codes = []
      for (let i = 0; i < 3; i++) codes.push(codeOf(await rig.send('GET /v1/reports', token)) ?? 'let through')
      expect(new Set(codes).size).toBe(1)
      expect(['let through', 'session_timed_out']).toContain(codes[0])
    }
  })

  it('SE-5 M16 what streams in it is cut within a second', async () => {
    const { session, token } = await rig.open({ by: await newBoss() })
    const connection = await startStream(token)
    const idleMs = performance.now()
    await idleIn(session, 0)
    await connection.closed
    expect(performance.now() - idleMs).toBeLessThan(1_500)
    await until(async () => (await eventsOf(session)).at(-1)?.code === 'session_timed_out')
    await until(() => stopped === 1)
  })
})

describe('a role that may have less than was granted', () => {
  it('SE-5 P10 what streams is cut within a second of losing the role that may have it, and its scope is refused', async () => {
    const by = await newBoss()
    const { session, token } = await rig.open({ by, scopes: ['reports:read', 'members:read'] })
    const connection = await startStream(token)
    const lostMs = performance.now()
    await rig.database.store.db
      .updateTable('staff')
      .set({ roles: ['support_admin'] })
      .where('id', '=', by.id)
      .execute()
    await connection.closed
    expect(performance.now() - lostMs).toBeLessThan(1_500)
    await until(async () => (await eventsOf(session)).at(-1)?.code === 'scope_missing')
    const refused = await rig.send('GET /v1/reports', token)
    expect([codeOf(refused), (JSON.parse(refused.body) as { scope: string }).scope]).toEqual(['scope_missing', 'reports:read'])
    expect((await rig.send('GET /v1/tenants/ten_a/members', token)).status).toBe(200)
  })
})

describe('a session that is extended', () => {
  it('SE-8 M16 what streams in it runs on beyond the end that it had, and is cut when it is revoked', async () => {
    const by = await newBoss()
    const { session, token } = await rig.open({ by, scopes: ['reports:read'] })
    await rig.expireIn(session.id, 2_500)
    const connection = await startStream(token)
    await extendSession(
      { ...needs(), principal: by },
      { session_id: session.id, minutes: 5, reason: 'The export takes longer than I thought' },
    )
    const before = connection.pending().length
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(stopped).toBe(0)
    expect(connection.pending().length).toBeGreaterThan(before)
    await rig.revoke(session.id)
    await connection.closed
  })

  it('SE-3 SE-8 racing its revocation, is extended before it in the log or not at all, and never runs afterwards', async () => {
    const by = await newBoss()
    for (let round = 0; round < 5; round++) {
      const { session, token } = await rig.open({ by, ttl_minutes: 5, scopes: ['reports:read'] })
      const asked = Array.from({ length: 8 }, () =>
        extendSession(
          { ...needs(), principal: by },
          { session_id: session.id, minutes: 1, reason: 'The export takes longer than I thought' },
        ).then(
          () => true,
          () => false,
        ),
      )
      await rig.revoke(session.id)
      const extended = (await Promise.all(asked)).filter(Boolean).length
      const names = (await eventsOf(session)).filter(({ result }) => result === 'ok').map(({ action }) => action)
      expect(names.filter((name) => name === 'SUPPORT_SESSION.EXTENDED')).toHaveLength(extended)
      expect(names.at(-1)).toBe('SUPPORT_SESSION.REVOKED')
      expect(codeOf(await rig.send('GET /v1/reports', token))).toBe('session_revoked')
    }
  })
})

describe('a session that is bound to the address it was opened from', () => {
  const open = async (address: string) =>
    requireOpened(
      await openSession(
        { ...needs(bound), principal: bound.staff, address },
        { tenant_id: 'ten_a', reason: 'Looking into a failed export' },
      ),
    )

  it('is used from there, however the address is written', async () => {
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1']) {
      const { token } = await open(address)
      expect((await bound.send('GET /v1/reports', token)).status).toBe(200)
    }
  })

  it('is refused from anywhere else, on the record, whatever a header says', async () => {
    const { session, token } = await open('192.0.2.7')
    bound.upstream.forget()
    for (const headers of [[], ['X-Forwarded-For: 192.0.2.7'], ['Forwarded: for=192.0.2.7']]) {
      const answer = await bound.send('GET /v1/reports', token, headers)
      expect([answer.status, codeOf(answer)]).toEqual([403, 'address_refused'])
    }
    expect(bound.upstream.bytes()).toHaveLength(0)
    const refused = await bound.events({ session_id: session.id })
    expect(refused.slice(-3).map(({ action, code }) => [action, code])).toEqual(
      Array(3).fill(['SUPPORT_SESSION.REQUEST.REFUSED', 'address_refused']),
    )
    expect(JSON.stringify(refused)).not.toContain('192.0.2.7')
  })
})
