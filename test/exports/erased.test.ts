import type { Export } from '@countersign/contract/exports.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Visitor } from '../support/browser.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'
import { unpack } from './repack.ts'
import { fileOf, prepared } from './rig.ts'

const name = 'Eve Moreau-Lindqvist'

let rig: Rig
let auditor: Visitor & { staff_id: string }
beforeAll(async () => {
  rig = await startRig()
  auditor = await rig.visitorWith(['auditor'])
  await rig.database.journal.recordAll(
    rig.database.store.db,
    Array.from({ length: 1_000 }, (_, n) => ({
      action: 'CONSOLE.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'system' as const, id: 'test' },
      tenant_id: 'ten_a',
      target: { kind: 'user' as const, id: `usr_${n}`, label: n === 950 ? name : 'Somebody' },
    })),
  )
  await until(async () => (await (await auditor.get('/api/log')).json()).pending === 0)
})
afterAll(() => rig?.close())

const ask = { filters: { actor_id: 'test' }, format: 'ndjson' }

describe('A44 M3 an export of which a value was erased in the meantime', () => {
  it('is not given out, and says why; a new one is without the value, and proven all the same', async () => {
    const made = await prepared(auditor, ask)
    const whole = await fileOf(auditor, made)
    expect(unpack(whole).get('events.ndjson')?.includes(name)).toBe(true)
    await rig.asSuperuser(`delete from disclosures where value like '%${name}%'`)

    // What it says of the others is as it was: so far a download comes.
    expect((await fileOf(auditor, made, undefined, { range: 'bytes=0-999' })).equals(whole.subarray(0, 1000))).toBe(true)
    await expect(fileOf(auditor, made)).rejects.toThrow()
    const answer = await auditor.get(`/api/exports/${made.id}/file`, { range: 'bytes=0-999' })
    expect([answer.status, (await answer.json()).code]).toEqual([410, 'export_changed'])
    expect((await (await auditor.get(`/api/exports/${made.id}`)).json()) as Export).toMatchObject({
      state: 'failed',
      code: 'export_changed',
    })

    const files = unpack(await fileOf(auditor, await prepared(auditor, ask)))
    expect(Buffer.concat([...files.values()]).includes(name)).toBe(false)
    const events = (files.get('events.ndjson') as Buffer)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events).toHaveLength(1_000)
    expect(events[950]).toMatchObject({ erased: ['target.label'], target: { id: 'usr_950' } })
  })

  it('has no digest of what has no salt in it', async () => {
    const manifest = JSON.parse((unpack(await fileOf(auditor, await prepared(auditor, ask))).get('manifest.json') as Buffer).toString())
    expect(Object.keys(manifest.entry.details).sort()).toEqual([
      'entries_sha256',
      'export_id',
      'format',
      'packed_sha256',
      'requested',
      'rows',
      'size',
    ])
  })
})

describe('A44 an export', () => {
  it('is deleted when its day is over, with all that was kept of it', async () => {
    const made = await prepared(auditor, ask)
    await rig.asSuperuser(`update exports set expires_at = clock_timestamp() where id = '${made.id}'`)
    const answer = await auditor.get(`/api/exports/${made.id}/file`)
    expect([answer.status, (await answer.json()).code]).toEqual([410, 'export_gone'])
    const { deleteExpired } = await import('../../server/src/exports/run.ts')
    await deleteExpired(rig.database)
    for (const table of ['export_pieces', 'export_downloads'] as const)
      expect(await rig.database.store.db.selectFrom(table).select('export_id').where('export_id', '=', made.id).execute()).toEqual([])
    expect((await auditor.get(`/api/exports/${made.id}`)).status).toBe(404)
  })

  it('is one of three at once, and of fifty a day', async () => {
    const filters = { tenant_id: 'ten_a' }
    const admin = await rig.visitorWith(['support_admin'])
    const { store } = rig.database
    const fill = async (count: number, ready: boolean) => {
      for (let n = 0; n < count; n += 1)
        await store.db
          .insertInto('exports')
          .values({
            ...{
              id: `exp_${ready}${n}`,
              owner_kind: 'staff',
              owner_id: admin.staff_id,
              asked_by: admin.staff_id,
              tenant_id: null,
              filters: '{}',
            },
            ...{ format: 'csv', requested_event_id: 'evt_x', size: 0, claim: 'test', claimed_until: new Date(Date.now() + 600_000) },
            ...(ready ? { ready_at: new Date() } : {}),
          })
          .execute()
    }
    await fill(3, false)
    const asked = await admin.send('POST', '/api/exports', { format: 'csv', filters })
    expect([asked.status, (await asked.json()).code]).toEqual([429, 'too_many_requests'])
    await store.db.updateTable('exports').set({ ready_at: new Date() }).where('owner_id', '=', admin.staff_id).execute()
    await fill(47, true)
    const again = await admin.send('POST', '/api/exports', { format: 'csv', filters })
    expect([again.status, (await again.json()).detail]).toEqual([429, 'There were 50 exports of yours in a day.'])
  })
})
