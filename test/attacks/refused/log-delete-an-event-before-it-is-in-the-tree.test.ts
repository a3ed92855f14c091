import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promiseHeader } from '@countersign/contract/promises.ts'
import { parseNote } from '@countersign/log/note.ts'
import { parsePromise } from '@countersign/log/promise.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { runExport } from '../../../server/src/cli/export.ts'
import { runVerify, type VerifyOptions } from '../../../server/src/cli/verify.ts'
import type { Visitor } from '../../support/browser.ts'
import { type Rig, startRig } from '../../support/rig.ts'
import { heldBack, insertAt } from '../../support/sequencer.ts'
import { until } from '../../support/until.ts'

let rig: Rig
let rob: Visitor
let manager: Visitor
let file: string
beforeAll(async () => {
  rig = await startRig()
  rob = await rig.visitorWith(['support_admin'])
  manager = await rig.visitorWith(['support_manager'])
  await rig.knownTenant()
  file = join(rig.database.dataDir, 'promises.txt')
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(() => rig?.close())

const idsOf = (header: string | null): string[] =>
  parsePromise(parseNote(Buffer.from(header ?? '', 'base64').toString()).text).entries.map(({ id }) => id)
const keep = (answers: Response[]): string[] => {
  const headers = answers.map((answer) => answer.headers.get(promiseHeader))
  writeFileSync(file, `${headers.join('\n')}\n`)
  return headers.flatMap(idsOf)
}
const isInLog = async (id: string): Promise<boolean> =>
  (await rig.database.store.db.selectFrom('log_entries').select('log_index').where('event_id', '=', id).executeTakeFirst()) !== undefined
const isSigned = async (): Promise<boolean> => {
  const { rows } = await rig.database.store.pool.query<{ is: boolean }>(
    'select (select max(size) from log_checkpoints) = size as is from log_sequencer',
  )
  return rows[0]?.is === true
}
/** The log goes on for minutes: an event of then is in it. */
const goOn = async (): Promise<void> => {
  const { id } = await insertAt(rig.database, new Date(Date.now() + 180_000))
  await until(() => isInLog(id))
  await until(isSigned)
}
const verify = async (source: VerifyOptions['source']) => {
  const lines: string[] = []
  const code = await runVerify({ source, promises: file, print: (line) => lines.push(line) })
  return { code, text: lines.join('\n') }
}
const inMinutes = (): void => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 240_000 })
const database = () => ({ store: rig.database.store, keys: rig.database.keys })

describe('AU-13 P5 an event that is deleted before it is in the tree', () => {
  let lost: string
  let kept: string

  beforeAll(async () => {
    const before = await rob.get('/api/audit?limit=1')
    const denied = await heldBack(rig.database.superuserUrl, async (client) => {
      const answer = await manager.send('POST', '/api/sessions', { tenant_id: 'ten_unknown', reason: 'looking at a report' })
      expect(answer.status).toBe(403)
      const [id] = keep([answer])
      const { rowCount } = await client.query(`delete from events where body like '%' || $1 || '%'`, [id])
      expect(rowCount).toBe(1)
      await client.query('delete from disclosures where holder = $1', [id])
      return answer
    })
    ;[kept, lost] = keep([before, denied]) as [string, string]
    await until(() => isInLog(kept))
    await until(isSigned)
  })

  it('is not due at once: nobody is accused for a log that takes its minute', async () => {
    const { code, text } = await verify(database())
    expect([code, text]).toEqual([0, expect.stringMatching(/promises +1 redeemed, 1 not due, 0 broken/)])
    expect(text).toContain(`not due     ${lost}`)
  })

  it('is not due either while the log stands still, however late it is', async () => {
    inMinutes()
    expect((await verify(database())).code).toBe(0)
  })

  it('leaves no trace in the log itself, and is proven by its promise: to the database, offline, and from anywhere', async () => {
    await goOn()
    const folder = join(rig.database.dataDir, 'whole')
    await runExport({ ...rig.database, out: folder, operator: 'tester' })
    inMinutes()
    for (const source of [database(), { folder }, { url: rig.console_url }]) {
      const { code, text } = await verify(source)
      expect(text).toMatch(/^The log .* verifies\./)
      expect(text).toContain(`BROKEN: this log promised to have the event ${lost} of `)
      expect(text).not.toContain(`BROKEN: this log promised to have the event ${kept}`)
      expect(text).toMatch(/promises +1 redeemed, 0 not due, 1 broken/)
      expect(code).toBe(3)
    }
  })
})

describe('AU-15 P5 P6 an event is covered by a published checkpoint within seconds', () => {
  const sizeOf = (note: string): number => Number(note.split('\n')[1])
  /** Milliseconds from an answer to when the checkpoint that anybody can read covers its event. */
  const measure = async (): Promise<number> => {
    const [id = ''] = idsOf((await rob.get('/api/audit?limit=1')).headers.get(promiseHeader))
    const started = performance.now()
    const { log_index } = await until(() =>
      rig.database.store.db.selectFrom('log_entries').select('log_index').where('event_id', '=', id).executeTakeFirst(),
    )
    await until(async () => sizeOf(await (await fetch(`${rig.console_url}/log/checkpoint`)).text()) > Number(log_index))
    return performance.now() - started
  }

  it('each of some, counted from its answer', async () => {
    const took: number[] = []
    for (let wave = 0; wave < 3; wave += 1) took.push(...(await Promise.all(Array.from({ length: 4 }, measure))))
    took.sort((a, b) => a - b)
    expect(took[6]).toBeLessThan(2_000)
    // The goal is 5 seconds for each. A machine that is busy with other tests may have kept one waiting.
    expect(took[10]).toBeLessThan(5_000)
  }, 60_000)
})
