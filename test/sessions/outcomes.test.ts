import type { NewEventOf } from '@countersign/contract/events.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { awaitCaughtUp } from '../../server/src/audit/caught-up.ts'
import { newId } from '../../server/src/ids.ts'
import { createSequencer } from '../../server/src/sequencer/sequence.ts'
import { noteLeftOpen, noteUnknownOutcomes, startOutcomes } from '../../server/src/sessions/outcomes.ts'
import { asSuperuser } from '../support/database.ts'
import { until } from '../support/until.ts'
import { type SessionRig, startSessionRig } from './rig.ts'

let rig: SessionRig
let sequencer: ReturnType<typeof createSequencer>
beforeAll(async () => {
  rig = await startSessionRig()
  const { store, keys, dataDir } = rig.database
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  sequencer = createSequencer({ store, keys, dataDir, origin: 'test.example/log', log })
})
afterAll(() => rig.close())

type Ending = 'SUPPORT_SESSION.REQUEST.COMPLETED' | 'SUPPORT_SESSION.REQUEST.FAILED' | 'SUPPORT_SESSION.REQUEST.CUT'

/** A request as the gateway records it: its admission, and its outcome where it has one. */
const request = async (sessionId: string, ...endings: Ending[]): Promise<string> => {
  const { kind, id, issuer, subject, email, name } = rig.staff
  const requestId = newId('request')
  for (const action of ['SUPPORT_SESSION.REQUEST.ADMITTED', ...endings] as const) {
    await rig.database.journal.record(rig.database.store.db, {
      action,
      result: action === 'SUPPORT_SESSION.REQUEST.FAILED' ? 'error' : 'ok',
      actor: { kind, id, issuer, subject, email, name },
      tenant_id: 'ten_a',
      target: { kind: 'tenant', id: 'ten_a' },
      session_id: sessionId,
      ticket: 'SUP-7',
      request: { id: requestId, method: 'GET', path: '/v1/attestations?limit=1', route: '/v1/attestations', scope: 'attestations:read' },
    })
  }
  return requestId
}

/** Ends a session as time would, this many seconds ago. */
const endAgo = (sessionId: string, seconds: number) =>
  asSuperuser(
    rig.database.superuserUrl,
    `update support_sessions set issued_at = clock_timestamp() - interval '30 minutes', expires_at = clock_timestamp() - make_interval(secs => $2) where id = $1`,
    [sessionId, seconds],
  )
const now = async () => {
  const [row] = await asSuperuser<{ now: string }>(rig.database.superuserUrl, 'select clock_timestamp()::text as now')
  return row?.now as string
}
const outcomesOf = (requestId: string) =>
  rig.events((event) => event.request?.id === requestId && event.action !== 'SUPPORT_SESSION.REQUEST.ADMITTED')

let sessionId = ''
beforeEach(async () => {
  sessionId = (await rig.open()).session.id
})

describe('an admission whose outcome nobody recorded (I2, P2)', () => {
  it('is noted as unknown once its session has been over for a minute, with all that the admission said', async () => {
    const lost = await request(sessionId)
    await endAgo(sessionId, 61)
    await sequencer.drain()
    expect(await noteUnknownOutcomes(rig.database)).toBe(1)
    const [admission] = await rig.events((event) => event.request?.id === lost)
    expect(await outcomesOf(lost)).toEqual([
      {
        ...admission,
        id: expect.any(String),
        occurred_at: expect.any(String),
        action: 'SUPPORT_SESSION.REQUEST.FAILED',
        result: 'error',
        code: 'outcome_unknown',
        note: 'The program ended before the outcome was recorded: the product may or may not have carried it out.',
        details: { admission: admission?.id },
      },
    ])
  })

  it('is noted once, however often and on however many instances one looks', async () => {
    const lost = await request(sessionId)
    await endAgo(sessionId, 61)
    await sequencer.drain()
    const { store, journal } = rig.database
    const counts = await Promise.all(Array.from({ length: 8 }, () => noteUnknownOutcomes({ store, journal })))
    expect(counts.reduce((sum, count) => sum + count)).toBe(1)
    await sequencer.drain()
    expect(await noteUnknownOutcomes({ store, journal })).toBe(0)
    expect(await outcomesOf(lost)).toHaveLength(1)
  })

  it.each<Ending[]>([
    ['SUPPORT_SESSION.REQUEST.COMPLETED'],
    ['SUPPORT_SESSION.REQUEST.FAILED'],
    ['SUPPORT_SESSION.REQUEST.CUT'],
    ['SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.REQUEST.CUT'],
  ])('is left alone where there is one: %s', async (...endings) => {
    const done = await request(sessionId, ...endings)
    await endAgo(sessionId, 61)
    await sequencer.drain()
    const { store, journal } = rig.database
    expect([await noteLeftOpen({ store, journal }, await now()), await noteUnknownOutcomes({ store, journal })]).toEqual([0, 0])
    expect(await outcomesOf(done)).toHaveLength(endings.length)
  })

  it('is waited for while the session runs, and for a minute after it', async () => {
    const running = await request(sessionId)
    const { session: recent } = await rig.open()
    const justOver = await request(recent.id)
    await endAgo(recent.id, 50)
    await sequencer.drain()
    const { store, journal } = rig.database
    expect(await noteUnknownOutcomes({ store, journal })).toBe(0)
    expect([await outcomesOf(running), await outcomesOf(justOver)]).toEqual([[], []])
    await sequencer.drain()
    expect(await noteLeftOpen({ store, journal }, await now())).toBe(2)
  })

  it('is noted at once after a restart of the only instance, if it was admitted before that; once over two restarts', async () => {
    const { store, journal } = rig.database
    const before = await request(sessionId)
    const restart = await now()
    const after = await request(sessionId)
    await sequencer.drain()
    expect(await noteLeftOpen({ store, journal }, restart)).toBe(1)
    await sequencer.drain()
    expect(await noteLeftOpen({ store, journal }, restart)).toBe(0)
    expect([(await outcomesOf(before)).map(({ code }) => code), await outcomesOf(after)]).toEqual([['outcome_unknown'], []])
    await endAgo(sessionId, 61)
    expect(await noteUnknownOutcomes({ store, journal })).toBe(1)
    expect((await outcomesOf(after)).map(({ code }) => code)).toEqual(['outcome_unknown'])
  })

  it('is noted once where both a restart and the end of its session would have it noted', async () => {
    const { store, journal } = rig.database
    const lost = await request(sessionId)
    await endAgo(sessionId, 61)
    const log = { info: () => {}, warn: () => {} }
    const outcomes = await startOutcomes({ store, journal, log, alone: true }, { everyMs: 20, firstMs: 0 })
    const { session: marker } = await rig.open()
    await until(async () => {
      await sequencer.drain()
      return (await outcomesOf(lost)).length > 0
    })
    const later = await request(marker.id)
    await endAgo(marker.id, 61)
    await until(async () => {
      await sequencer.drain()
      return (await outcomesOf(later)).length > 0
    })
    await outcomes.stop()
    expect([(await outcomesOf(lost)).length, (await outcomesOf(later)).length]).toEqual([1, 1])
  })

  it('is not judged while the log lacks what was committed, since the outcome may be among it', async () => {
    const { store, journal } = rig.database
    const signal = new AbortController().signal
    const done = await request(sessionId)
    await endAgo(sessionId, 61)
    await sequencer.drain()
    expect(await awaitCaughtUp(store, signal)).toBe(true)
    const [admission] = await rig.events((event) => event.request?.id === done)
    const {
      id: _,
      occurred_at: __,
      category: ___,
      v: ____,
      ...said
    } = admission as NewEventOf<'SUPPORT_SESSION.REQUEST.ADMITTED'> & { id: string; occurred_at: string; category: string; v: 1 }
    await journal.record(store.db, { ...said, result: 'ok', action: 'SUPPORT_SESSION.REQUEST.COMPLETED' })
    const log = { info: () => {}, warn: () => {} }
    const outcomes = await startOutcomes({ store, journal, log, alone: true }, { everyMs: 20, firstMs: 0 })
    expect(await awaitCaughtUp(store, signal, 500)).toBe(false)
    expect(await outcomesOf(done)).toHaveLength(1)
    await sequencer.drain()
    const { session: other } = await rig.open()
    const lost = await request(other.id)
    await endAgo(other.id, 61)
    await sequencer.drain()
    await until(async () => (await outcomesOf(lost)).length > 0)
    expect((await outcomesOf(done)).map(({ action }) => action)).toEqual(['SUPPORT_SESSION.REQUEST.COMPLETED'])
    await outcomes.stop()
  })
})
