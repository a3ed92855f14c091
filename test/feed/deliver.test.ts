import type { LoggedEvent } from '@countersign/contract/events.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replayFrom } from '../../server/src/feed/cursor.ts'
import { openStore } from '../../server/src/store/open.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { numbers } from '../audit/rig.ts'
import { isLong } from '../support/long.ts'
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { firsts, indexesOf, newRig, type Rig } from './rig.ts'

let rig: Rig
let receiver: Receiver
beforeEach(async () => {
  rig = await newRig()
  receiver = await startReceiver()
})
afterEach(async () => {
  await rig.close()
  await receiver.close()
})

const eventsIn = ({ body }: Received): LoggedEvent[] =>
  body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const taken = (): number[] => receiver.received.filter(({ path }) => path === '/in').flatMap((one) => indexesOf(eventsIn(one)))
const declare = (more = {}) => rig.declare('siem', { type: 'ndjson', url: `${receiver.url}/in`, ...more })

describe('M17, P19 the feed', () => {
  it('delivers the whole log in order, each event once, then what comes', async () => {
    await rig.fill(1_200)
    declare()
    rig.deliver('siem')
    await rig.upToDate('siem')
    expect(taken()).toEqual(numbers(1_200))
    await rig.fill(30, 1_200)
    await rig.upToDate('siem')
    expect(taken()).toEqual(numbers(1_230))
    expect(await rig.state('siem')).toMatchObject({ delivered: 1_230, behind: 0, error: null, parked_count: 0, next_index: 1_230 })
  })

  it('goes on where it was after a stop, and waits for a receiver that is away without losing one', async () => {
    await rig.fill(10)
    declare()
    const first = rig.deliver('siem')
    await rig.upToDate('siem')
    await first.stop()
    await rig.fill(10, 10)
    receiver.behave(() => ({ status: 503 }))
    rig.deliver('siem')
    await until(async () => (await rig.state('siem'))?.state === 'retrying')
    expect((await rig.state('siem'))?.error?.sentence).toBe('it answered 503')
    expect(await rig.state('siem')).toMatchObject({ behind: 10, behind_since: expect.any(String) })
    receiver.behave(() => undefined)
    await rig.upToDate('siem')
    expect(taken()).toEqual(numbers(20))
  })

  it('CR-10 an answer that is lost after the receiver took the events brings them again with the same ids', async () => {
    await rig.fill(5)
    declare()
    receiver.behave((_, at) => (at === 0 ? { reset: 'after' } : undefined))
    rig.deliver('siem')
    await rig.upToDate('siem')
    expect(taken()).toEqual([...numbers(5), ...numbers(5)])
    const ids = receiver.received.map((one) => eventsIn(one).map(({ id }) => id))
    expect(ids[0]).toEqual(ids[1])
  })

  it('a poison event is parked where people see it, and the others go on', async () => {
    await rig.fill(40)
    declare()
    receiver.behave((one) => (indexesOf(eventsIn(one)).includes(17) ? { status: 400 } : undefined))
    rig.deliver('siem')
    await rig.upToDate('siem')
    expect(firsts(taken())).toEqual(numbers(40).filter((n) => n !== 17))
    expect(await rig.state('siem')).toMatchObject({ parked_count: 1, delivered: 39, parked: [{ log_index: 17, why: 'it answered 400' }] })
  })

  it('a batch that is too large goes in smaller ones', async () => {
    await rig.fill(64)
    declare()
    receiver.behave((one) => (eventsIn(one).length > 10 ? { status: 413 } : undefined))
    rig.deliver('siem')
    await rig.upToDate('siem')
    expect(taken()).toEqual(numbers(64))
    expect(await rig.state('siem')).toMatchObject({ parked_count: 0, delivered: 64 })
  })

  it.each([500, 1])('a destination that refuses everything is no reason to pass over anything, in parts of %i', async (events) => {
    await rig.fill(100)
    declare()
    receiver.behave((one) => (eventsIn(one).length > events ? { status: 413 } : { status: 400 }))
    rig.deliver('siem')
    await until(async () => (await rig.state('siem'))?.state === 'refusing')
    const state = await rig.state('siem')
    expect(state?.error?.sentence).toBe('it refuses every event (it answered 400): correct the configuration, or the destination')
    expect(state).toMatchObject({ delivered: 0, next_index: 0, parked_count: 0 })
    receiver.behave(() => undefined)
    await rig.upToDate('siem', 90)
    expect(taken()).toEqual(numbers(100))
  })

  it('a replay brings what was parked again', async () => {
    await rig.fill(30)
    declare()
    receiver.behave((one) => (indexesOf(eventsIn(one)).includes(3) ? { status: 422 } : undefined))
    rig.deliver('siem')
    await rig.upToDate('siem')
    expect((await rig.state('siem'))?.parked_count).toBe(1)
    receiver.behave(() => undefined)
    await transaction(rig.store, (tx) => replayFrom(tx, 'siem', 3))
    await until(async () => taken().includes(3))
    await rig.upToDate('siem')
    expect((await rig.state('siem'))?.parked_count).toBe(0)
  })

  it.each([401, 403, 404, 302])('an answer %i is not about an event: nothing is parked', async (status) => {
    await rig.fill(3)
    declare()
    receiver.behave(() => ({ status, headers: { location: `${receiver.url}/elsewhere` } }))
    rig.deliver('siem')
    await until(async () => (await rig.state('siem'))?.state === 'retrying')
    expect(receiver.received.filter(({ path }) => path.startsWith('/elsewhere'))).toEqual([])
    expect(await rig.state('siem')).toMatchObject({ parked_count: 0, next_index: 0 })
  })

  it('SS-1 an address that is not public is not called unless the configuration allows that very one', async () => {
    await rig.fill(2)
    declare({ allow_addresses: ['127.0.0.9'] })
    rig.deliver('siem')
    await until(async () => (await rig.state('siem'))?.state === 'retrying')
    expect((await rig.state('siem'))?.error?.sentence).toBe('its address is none that may be called (loopback)')
    expect(receiver.received).toEqual([])
  })

  it('a filter and a tenant choose by the words of the audit page', async () => {
    await rig.fill(5, 0, { tenant_id: 'ten_a' })
    await rig.fill(5, 5, { tenant_id: 'ten_b' })
    await rig.fill(5, 10, { tenant_id: 'ten_a', action: 'TENANT.OPENED', details: undefined })
    declare({ tenant_id: 'ten_a', filter: { action: 'TENANT.OPENED' } })
    rig.deliver('siem')
    await rig.upToDate('siem')
    expect(taken()).toEqual(numbers(4, 10))
    expect(await rig.state('siem')).toMatchObject({ delivered: 4, next_index: 15 })
  })

  it('DL-4 two processes deliver as one: in order, without a gap', async () => {
    declare()
    const other = await openStore({ url: rig.appUrl, max: 3 })
    const loops = [rig.deliver('siem'), rig.deliver('siem', { store: other })]
    for (let part = 0; part < 6; part++) {
      await rig.fill(200, part * 200)
      if (part === 2) await loops[0]?.stop()
    }
    await until(() => firsts(taken()).length === 1_200, 60)
    expect(firsts(taken())).toEqual(numbers(1_200))
    await loops[1]?.stop()
    await other.close()
  })

  it('a replay during a delivery moves nothing on behind its back', async () => {
    await rig.fill(50)
    declare()
    let replayed = false
    receiver.behave(async (one) => {
      if (!replayed && indexesOf(eventsIn(one)).includes(40)) {
        replayed = true
        await transaction(rig.store, (tx) => replayFrom(tx, 'siem', 10))
      }
      return undefined
    })
    rig.deliver('siem')
    await until(() => taken().length === 90)
    expect(taken()).toEqual([...numbers(50), ...numbers(40, 10)])
  })

  const many = isLong ? 1_000_000 : 50_000
  it(`DL-1 drains ${many.toLocaleString('en')} events that came while the receiver was away, in order, with flat memory`, async () => {
    declare()
    receiver.behave(() => ({ reset: 'before' }))
    rig.deliver('siem')
    await rig.fill(many)
    let count = 0
    let isInOrder = true
    receiver.behave((one) => {
      for (const { log_index } of eventsIn(one)) isInOrder &&= log_index === count++
      one.body = ''
      return undefined
    })
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    await rig.upToDate('siem', many / 500)
    expect({ count, isInOrder }).toEqual({ count: rig.sequencer.size(), isInOrder: true })
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000)
  }, 1_800_000)
})
