import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

let rig: Rig
let tenantId: string
beforeAll(async () => {
  rig = await startRig()
  tenantId = await rig.knownTenant()
})
afterAll(() => rig?.close())

it('the revocation lane is open where no other connection to the database is left', async () => {
  const staff = await rig.visitorWith(['support_admin'])
  const created = await staff.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'looking at a report' })
  const { session } = (await created.json()) as { session: { id: string } }
  const auditors = await Promise.all(Array.from({ length: 4 }, () => rig.visitorWith(['auditor'])))
  const holder = new pg.Client({ connectionString: rig.database.superuserUrl })
  await holder.connect()
  try {
    await holder.query('begin; lock table log_entries in access exclusive mode')
    const reads = Promise.all(auditors.flatMap(({ get }) => Array.from({ length: 10 }, async () => (await get('/api/audit')).status)))
    await until(async () => {
      const rows = (await rig.asSuperuser("select 1 from pg_stat_activity where wait_event_type = 'Lock'")) as unknown[]
      return rows.length >= 10
    })
    const startedMs = performance.now()
    const revoked = await staff.send('POST', `/api/sessions/${session.id}/revocation`, {})
    expect([revoked.status, performance.now() - startedMs < 2_000]).toEqual([200, true])
    await holder.query('rollback')
    expect((await reads).filter((status) => ![200, 503].includes(status))).toEqual([])
  } finally {
    await holder.end()
  }
})
