import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tailEvents } from '../../server/src/audit/tail.ts'
import { openStore } from '../../server/src/store/open.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
let ending: AbortController
beforeEach(async () => {
  rig = await newRig()
  ending = new AbortController()
})
afterEach(async () => {
  ending.abort()
  await rig.close()
})

/** Reads a stream until it has so many events. */
const take = async (count: number, after = -1, store = rig.store, filters = {}) => {
  const seen: number[] = []
  for await (const { log_index } of tailEvents(store, filters, after, ending.signal)) {
    seen.push(log_index)
    if (seen.length === count) break
  }
  return seen
}

describe('X10 the live stream', () => {
  it('gives what is there, then what comes, each once and in order', async () => {
    await rig.record(...numbers(3).map((n) => eventOf(n)))
    await rig.sequencer.drain()
    const taking = take(6)
    await rig.record(...numbers(3, 3).map((n) => eventOf(n)))
    await rig.sequencer.drain()
    expect(await taking).toEqual(numbers(6))
  })

  it('loses and doubles nothing when it is broken off and taken up again at random, while the log grows', async () => {
    const total = 300
    let isWriting = true
    const sequencing = (async () => {
      while (isWriting) await rig.sequencer.step()
    })()
    const writing = Promise.all(numbers(3).map((of) => rig.record(...numbers(total / 3).map((n) => eventOf(of * 1000 + n)))))
    const seen: number[] = []
    for (let part = 1; seen.length < total; part = (part * 7) % 23)
      seen.push(...(await take(Math.min(part, total - seen.length), seen.at(-1) ?? -1)))
    await writing
    isWriting = false
    await sequencing
    expect(seen).toEqual(numbers(total))
  })

  it('reads more than a batch, in order', async () => {
    await rig.record(...numbers(450).map((n) => eventOf(n)))
    await rig.sequencer.drain()
    expect(await take(450)).toEqual(numbers(450))
  })

  it('sees within a second or so what another replica sequenced', async () => {
    const other = await openStore({ url: rig.appUrl, max: 2 })
    try {
      const taking = take(1, -1, other)
      await rig.record(eventOf(0))
      await rig.sequencer.drain()
      expect(await taking).toEqual([0])
    } finally {
      await other.close()
    }
  })

  it('A28 passes over what does not match, and goes on after it', async () => {
    await rig.record(...numbers(500).map((n) => eventOf(n, n % 100 === 99 ? { tenant_id: 'ten_a' } : {})))
    await rig.sequencer.drain()
    expect(await take(5, -1, rig.store, { tenant_id: 'ten_a' })).toEqual([99, 199, 299, 399, 499])
    const taking = take(1, 499, rig.store, { tenant_id: 'ten_a' })
    await rig.record(eventOf(500), eventOf(501, { tenant_id: 'ten_a' }))
    await rig.sequencer.drain()
    expect(await taking).toEqual([502])
  })

  it('ends when it is told to, while it waits', async () => {
    const waiting = take(1)
    ending.abort()
    expect(await waiting).toEqual([])
  })
})
