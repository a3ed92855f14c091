import { LogStatus } from '@countersign/contract/events.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { emptyRoot } from '@countersign/log/tree.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { draftEvent } from '../../server/src/audit/record.ts'
import { readLogStatus } from '../../server/src/audit/status.ts'
import { eventOf, newRig, type Rig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await newRig()
})
afterEach(() => rig.close())

const status = async (trouble?: string) => LogStatus.parse(await readLogStatus(rig.store, rig.sequencer.key.text, trouble))

describe('the state of the log', () => {
  it('is that of an empty log, then of a signed one', async () => {
    const root = Buffer.from(emptyRoot(sha256)).toString('base64')
    expect(await status()).toEqual({ size: 0, pending: 0, root, signed_at: null, key: rig.sequencer.key.text, state: 'live', note: null })
    await rig.record(eventOf(0), eventOf(1))
    expect(await status()).toMatchObject({ size: 0, pending: 2, state: 'live' })
    await rig.sequencer.drain()
    expect(await status()).toMatchObject({ size: 3, pending: 0, state: 'live', signed_at: expect.any(String) })
  })

  it('is behind where an event waits too long, and says how long', async () => {
    const { head, tail, mac } = draftEvent(rig.keys.event, eventOf(0))
    await rig.store.db
      .insertInto('events')
      .values({ body: `${head}2020-01-01T00:00:00.000000Z${tail}`, mac })
      .execute()
    expect(await status()).toMatchObject({
      pending: 1,
      state: 'behind',
      note: expect.stringMatching(/^The oldest event .* is \d+ seconds old\.$/),
    })
  })

  it('is stopped with the sequencer\u2019s own words', async () => {
    expect(await status('It was rolled back.')).toMatchObject({ state: 'stopped', note: 'It was rolled back.' })
  })
})
