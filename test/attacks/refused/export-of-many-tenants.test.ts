import type { EventPage, LoggedEvent } from '@countersign/contract/events.ts'
import type { Export } from '@countersign/contract/exports.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Visitor } from '../../support/browser.ts'
import { newTenant } from '../../support/directory.ts'
import { type Rig, startRig } from '../../support/rig.ts'
import { until } from '../../support/until.ts'

let rig: Rig
let admin: Visitor & { staff_id: string }
let auditor: Visitor & { staff_id: string }
beforeAll(async () => {
  rig = await startRig({ world: { tenants: ['ten_a', 'ten_b'].map((id) => newTenant(0, { id, name: id })), people: [] } })
  await rig.knownTenant()
  admin = await rig.visitorWith(['support_admin'])
  auditor = await rig.visitorWith(['auditor'])
})
afterAll(() => rig?.close())

const ask = async (visitor: Visitor, body: object) => {
  const answer = await visitor.send('POST', '/api/exports', { format: 'csv', ...body })
  return {
    status: answer.status,
    body: (await answer.json()) as Export & { code: string; detail: string },
    request_id: answer.headers.get('x-request-id'),
  }
}
const eventOf = (requestId: string | null): Promise<LoggedEvent> =>
  until(async () => {
    const page = (await (await auditor.get('/api/audit?action=AUDIT.EXPORT.REQUESTED')).json()) as EventPage
    return page.items.find(({ request }) => request?.id === requestId)
  })

describe('EX-6 P20 an export of more than one tenant', () => {
  it.each([
    ['without a tenant', {}],
    ['with two', { tenant_id: 'ten_a,ten_b' }],
    ['with all but one', { tenant_id: '-ten_a' }],
    ['with a user of whichever tenant', { target_id: 'usr_1' }],
    ['with a session that is not', { session_id: `ses_${'0'.repeat(32)}` }],
  ])('is refused to support staff, on the record: %s', async (_, filters) => {
    const { status, body, request_id } = await ask(admin, { filters, reason: 'I would like to have all' })
    expect([status, body.code, body.detail]).toEqual([
      403,
      'role_missing',
      'An export of more than one tenant needs the role auditor or super_admin.',
    ])
    expect(await eventOf(request_id)).toMatchObject({
      result: 'deny',
      code: 'role_missing',
      actor: { id: admin.staff_id },
      details: { filters, format: 'csv' },
    })
    expect(await rig.database.store.db.selectFrom('exports').selectAll().where('owner_id', '=', admin.staff_id).execute()).toEqual([])
  })

  it('needs a reason of an auditor too, and then is on the record of each tenant that it names', async () => {
    const without = await ask(auditor, { filters: { tenant_id: 'ten_a,ten_b' } })
    expect([without.status, without.body.code]).toEqual([400, 'reason_too_short'])
    expect(await eventOf(without.request_id)).toMatchObject({ result: 'deny', code: 'reason_too_short' })
    const reason = 'The quarterly review of access'
    const { status, body } = await ask(auditor, { filters: { tenant_id: 'ten_a,ten_b', target_id: 'usr_1' }, reason })
    expect(status).toBe(202)
    const found = await until(async () => {
      const page = (await (await auditor.get('/api/audit?action=AUDIT.EXPORT.REQUESTED&result=ok')).json()) as EventPage
      const own = page.items.filter(({ details }) => (details as { export_id?: string }).export_id === body.id)
      return own.length === 3 && own
    })
    const said = new Map(found.map(({ tenant_id, reason, details }) => [tenant_id, [reason, (details as { filters: object }).filters]]))
    expect(said.get(undefined)).toEqual([reason, { tenant_id: 'ten_a,ten_b', target_id: 'usr_1' }])
    expect(said.get('ten_a')).toEqual([reason, { tenant_id: 'ten_a' }])
    expect(said.get('ten_b')).toEqual([reason, { tenant_id: 'ten_b' }])
  })

  it('and so is one of very many events of one tenant', async () => {
    await rig.asSuperuser(`
      insert into log_entries (log_index, event_n, event_id, leaf_hash, occurred_at, action, category, result, actor_id, tenant_id)
      select 1000000 + n, 1000000 + n, 'evt_x' || n, sha256('x'), now(), 'TENANT.OPENED', 'look_up', 'ok', 'x', 'ten_many' from generate_series(1, 10001) n;
      update log_sequencer set size = 2000000`)
    const { status, body } = await ask(admin, { filters: { tenant_id: 'ten_many' } })
    expect([status, body.code, body.detail]).toEqual([
      403,
      'role_missing',
      'An export of more than 10,000 events needs the role auditor or super_admin.',
    ])
  })

  it('while one of one tenant is theirs to make, without a reason', async () => {
    expect((await ask(admin, { filters: { tenant_id: 'ten_a' } })).status).toBe(202)
    expect((await ask(admin, { filters: { tenant_id: 'ten_a', result: 'deny' } })).status).toBe(202)
  })
})
