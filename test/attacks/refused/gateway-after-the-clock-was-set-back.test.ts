import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startClockWatch } from '../../../server/src/sessions/clock-watch.ts'
import { codeOf, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'

// SE-4: whoever can set the database's clock back would lengthen every session.
let rig: GatewayRig
let clock: Awaited<ReturnType<typeof fakeClock>>
let watch: ReturnType<typeof startClockWatch> | undefined
const quiet = { info: () => {}, warn: () => {} }
beforeAll(async () => {
  rig = await startGatewayRig()
  clock = await fakeClock(rig.database)
  const { token } = await rig.open()
  await until(async () => (await rig.send('GET /v1/reports', token)).status === 200)
})
afterEach(async () => {
  await watch?.stop()
  watch = undefined
})
afterAll(() => rig?.close())

const startWatch = async () => {
  watch = startClockWatch({ ...rig.database, log: quiet })
  await until(() => watch?.status().next_run_at !== null)
  return watch
}
const jumps = () => rig.events({ action: 'CLOCK.JUMPED' })

it('I5 a session ends in its time by the last instant seen and our own clock, also where nobody watches', async () => {
  const { session, token } = await rig.open()
  await rig.expireIn(session.id, 1_500)
  const expiresMs = performance.now() + 1_500
  expect((await rig.send('GET /v1/reports', token)).status).toBe(200)
  await clock.set(-600_000)
  while (performance.now() < expiresMs + 50) await new Promise((resolve) => setTimeout(resolve, 20))
  rig.upstream.forget()
  const answer = await rig.send('GET /v1/reports', token)
  expect([answer.status, codeOf(answer)]).toEqual([403, 'session_expired'])
  expect(rig.upstream.bytes()).toHaveLength(0)
  await clock.set(0)
})

it.each([
  ['set back', -600_000],
  ['set forward by more than a minute', 90_000],
])('I5 a clock that is %s ends what runs, is on the record and shown', async (_what, ms) => {
  const before = (await jumps()).length
  const { session, token } = await rig.open({ ttl_minutes: 60 })
  const running = await startWatch()
  rig.upstream.answer = (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).write('and so on')
  const stream = await rig.connect()
  stream.send(rig.head('GET /v1/stream', token))
  await until(() => stream.pending().includes('and so on'))
  rig.upstream.answer = undefined
  await clock.set(ms)
  await stream.closed
  const event = await until(async () => (await jumps())[before])
  expect(event).toMatchObject({ result: 'ok', actor: { kind: 'system', id: 'clock' }, details: { sessions: expect.any(Number) } })
  const { by_seconds, sessions } = event.details as { by_seconds: number; sessions: number }
  expect(Math.abs(by_seconds * 1_000 - ms)).toBeLessThan(ms > 0 ? 61_000 : 5_000)
  expect(sessions).toBeGreaterThan(0)
  expect((await rig.events({ action: 'SUPPORT_SESSION.REVOKED', session_id: session.id }))[0]).toMatchObject({
    actor: { kind: 'system', id: 'clock' },
    tenant_id: 'ten_a',
  })
  expect(running.status()).toMatchObject({
    state: 'degraded',
    last_error: expect.stringContaining(ms < 0 ? 'jumped back by' : 'jumped forward by'),
  })
  // Put right, it brings nothing back, and leaves nothing behind.
  await clock.set(0)
  await until(async () => (await jumps()).length === before + 2)
  const after = await rig.send('GET /v1/reports', token)
  expect([after.status, codeOf(after)]).toEqual([403, 'session_revoked'])
  const fresh = await rig.open()
  expect((await rig.send('GET /v1/reports', fresh.token)).status).toBe(200)
})

it('I5 a clock that was set back while nobody looked is noticed at the start', async () => {
  const { session } = await rig.open({ ttl_minutes: 60 })
  await clock.set(-120_000)
  const before = (await jumps()).length
  await startWatch()
  expect((await jumps())[before]).toMatchObject({ details: { by_seconds: expect.any(Number) } })
  expect(await rig.events({ action: 'SUPPORT_SESSION.REVOKED', session_id: session.id })).toHaveLength(1)
  await clock.set(0)
})

it('I5 ends sign-ins too', async () => {
  const { db } = rig.database.store
  await db
    .insertInto('staff_sessions')
    .values({ id: 'sts_clock', token_hash: Buffer.alloc(32, 7), staff_id: rig.staff.id, expires_at: new Date(Date.now() + 3_600_000) })
    .execute()
  await startWatch()
  await clock.set(-60_000)
  const ended = await until(() =>
    db.selectFrom('staff_sessions').select(['ended_why']).where('ended_at', 'is not', null).executeTakeFirst(),
  )
  expect(ended).toEqual({ ended_why: "the database's clock jumped" })
})
