import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatewayEvent } from '../../bench/log/events.ts'
import { newId } from '../../server/src/ids.ts'
import { newRig, origin, type Rig } from '../audit/rig.ts'
import { isLong } from '../support/long.ts'
import type { Taken } from '../support/take-export.ts'

const child = fileURLToPath(new URL('../support/take-export.ts', import.meta.url))
const events = isLong ? 1_000_000 : 30_000
/** All of them at once would be some kilobytes each. */
const heapMb = 64

let rig: Rig
const staffId = newId('staff')
beforeAll(async () => {
  rig = await newRig()
  await rig.store.db
    .insertInto('staff')
    .values({ id: staffId, issuer: 'test', subject: 'test', email: 'test@vendor.example', name: 'Test' })
    .execute()
})
afterAll(() => rig?.close())

const fill = async (from: number, to: number): Promise<void> => {
  for (let at = from; at < to; at += 1_000) {
    await rig.journal.recordAll(
      rig.store.db,
      Array.from({ length: Math.min(1_000, to - at) }, (_, of) => gatewayEvent(at + of)),
    )
    await rig.sequencer.drain()
  }
}

const take = async (): Promise<Taken> => {
  const given = { databaseUrl: rig.appUrl, keysDir: join(rig.dataDir, 'keys'), dataDir: rig.dataDir, origin, format: 'json', staffId }
  await rig.sequencer.release()
  const { stdout } = await promisify(execFile)(process.execPath, [`--max-old-space-size=${heapMb}`, child], {
    env: { ...process.env, COUNTERSIGN_TAKE_EXPORT: JSON.stringify(given) },
  })
  return JSON.parse(stdout) as Taken
}

describe('A44 an export', () => {
  it(`of ${events} events is prepared and taken with a heap of ${heapMb} MB`, { timeout: 3_600_000 }, async () => {
    await fill(0, events)
    const taken = await take()
    expect(taken.rows).toBeGreaterThanOrEqual(events)
    expect(taken.bytes).toBeGreaterThan(events * 100)
    expect(taken.peak_rss_mb).toBeLessThan(500)
  })
})
