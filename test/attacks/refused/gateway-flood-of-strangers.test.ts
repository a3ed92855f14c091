import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Gateway } from '../../../server/src/gateway/start.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from '../../gateway/rig.ts'
import { openRaw, type RawAnswer, rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
/** A gateway of this test's own, so that closing it shows what it still has to say. */
let gateway: Gateway
let port: number
beforeAll(async () => {
  rig = await startGatewayRig()
  gateway = await startReplica(rig)
  port = gateway.address.port
})
afterAll(async () => {
  await gateway.close(0)
  await rig.close()
})

const request = (target: string, headers: readonly string[] = []) =>
  rawRequest(`GET ${target} HTTP/1.1`, [`Host: localhost:${port}`, ...headers])
const bearer = (token: string) => [`Authorization: Bearer ${token}`]

/** Ways to be refused without a session, and the code of each. */
const strangers: readonly [code: string, bytes: () => Buffer][] = [
  ['target_refused', () => request('/v1//reports')],
  ['token_missing', () => request('/v1/reports')],
  ['token_refused', () => request('/v1/reports', bearer(`css_${randomBytes(32).toString('base64url')}`))],
  ['invalid_request', () => Buffer.from('\0\x01\x02 what is this\r\n\r\n')],
]

describe('RL-1 a flood of callers whom nobody knows', () => {
  it('is slowed down, fills no log, and is none of the matter of sessions behind the same address', async () => {
    const known = await rig.open()
    const late = await Promise.all(Array.from({ length: 10 }, () => rig.open()))
    let flooding = true
    /** Somebody at work all the while: what it may and what it may not. */
    const work = async () => {
      const connection = await openRaw(port)
      const ask = async (target: string) => {
        connection.send(request(target, bearer(known.token)))
        return connection.next()
      }
      const answers: (RawAnswer | undefined)[] = []
      let refusals = 0
      while (flooding) {
        answers.push(await ask('/v1/reports'))
        expect(codeOf(await ask('/v1/undeclared'))).toBe('route_undeclared')
        refusals++
      }
      connection.end()
      return { answers, refusals }
    }
    const working = work()

    const started = performance.now()
    const told: Record<string, number> = {}
    let sent = 0
    /** First requests of sessions that this gateway has never seen, while strangers at their address are turned away. */
    const first: Promise<RawAnswer | undefined>[] = []
    const flood = async () => {
      while (sent < 1_000) {
        if (sent >= 600 && sent % 20 === 0 && late.length > 0) {
          expect(told.too_many_requests).toBeGreaterThan(0)
          first.push(sendRaw(port, request('/v1/reports', bearer(late.pop()?.token as string))))
        }
        const [code, bytes] = strangers[sent++ % strangers.length] as (typeof strangers)[number]
        const answer = await sendRaw(port, bytes())
        const heard = codeOf(answer) ?? 'nothing'
        expect([code, 'too_many_requests']).toContain(heard)
        if (heard === 'too_many_requests') {
          expect(answer?.status).toBe(429)
          expect(answer?.headers.get('retry-after')).toBe('1')
          expect(answer?.headers.get('connection')).toBe('close')
        }
        told[heard] = (told[heard] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: 20 }, flood))
    const seconds = (performance.now() - started) / 1000
    expect((await Promise.all(first)).map((answer) => answer?.status)).toEqual(Array(10).fill(200))
    flooding = false
    const { answers, refusals } = await working

    expect(answers.length).toBeGreaterThan(10)
    expect(answers.filter((answer) => answer?.status !== 200)).toEqual([])
    expect(await rig.events({ session_id: known.session.id, action: 'SUPPORT_SESSION.REQUEST.REFUSED' })).toHaveLength(refusals)
    const { too_many_requests: turnedAway = 0, ...others } = told
    expect(Object.keys(others).sort()).toEqual(strangers.map(([code]) => code).sort())
    expect(1_000 - turnedAway).toBeLessThanOrEqual(200 + 50 * seconds + 1)

    await gateway.close(0)
    const events = await rig.events({ action: 'GATEWAY.REFUSED' })
    const unrecorded = events.reduce((sum, { details }) => sum + Number((details as { unrecorded?: number })?.unrecorded ?? 0), 0)
    expect(events.filter((event) => event.request !== undefined).length + unrecorded).toBe(1_000)
    expect(events.length).toBeLessThanOrEqual(121)
  }, 60_000)
})
