import type { Event } from '@countersign/contract/events.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { readEvents } from '../support/events.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let tenantId: string
let key: string
beforeAll(async () => {
  rig = await startRig()
  tenantId = await rig.knownTenant()
  const created = await createKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    {
      tenant_id: tenantId,
      name: 'denied',
      permissions: ['audit:read'],
    } as never,
  )
  key = created.key
})
afterAll(() => rig?.close())

const eventsOfTenant = async (action: string): Promise<Event[]> => {
  const page = await fetch(`${rig.console_url}/v1/audit?action=${action}&limit=200`, { headers: { 'x-api-key': key } })
  return ((await page.json()) as { items: Event[] }).items
}

const openSession = async () => {
  const staff = await rig.visitorWith(['support_admin'])
  const created = await staff.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'looking at a report' })
  expect(created.status).toBe(201)
  const { session } = (await created.json()) as { session: { id: string } }
  return { staff, id: session.id }
}

const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code]

it('X3 AZ-2 shows a tenant the attempts on it, and on its sessions, that were denied for a missing role', async () => {
  const { id } = await openSession()
  const manager = await rig.visitorWith(['support_manager'])
  const paths = [`/api/tenants/${tenantId}`, `/api/tenants/${tenantId}/users`, `/api/sessions/${id}`, `/api/sessions/${id}/access-log`]
  for (const path of paths) expect(await codeOf(await manager.get(path))).toEqual([403, 'role_missing'])
  expect(await codeOf(await manager.send('POST', `/api/sessions/${id}/revocation`, {}))).toEqual([403, 'role_missing'])
  await expect
    .poll(async () =>
      (await eventsOfTenant('ACCESS.DENIED')).map(({ actor, target, session_id, code }) => [actor.id, target?.id, session_id, code]),
    )
    .toEqual([
      [manager.staff_id, id, id, 'role_missing'],
      [manager.staff_id, 'GET /api/sessions/:session_id/access-log', id, 'role_missing'],
      [manager.staff_id, 'GET /api/sessions/:session_id', id, 'role_missing'],
      [manager.staff_id, 'GET /api/tenants/:tenant_id/users', undefined, 'role_missing'],
      [manager.staff_id, 'GET /api/tenants/:tenant_id', undefined, 'role_missing'],
    ])
})

it("X3 records a denied attempt on a tenant or session that is not there as nobody's", async () => {
  const manager = await rig.visitorWith(['support_manager'])
  for (const path of [
    '/api/tenants/ten_nobody',
    '/api/tenants/%00',
    '/api/sessions/ses_00000000000070008000000000000000',
    '/api/sessions/%00',
  ]) {
    expect(await codeOf(await manager.get(path))).toEqual([403, 'role_missing'])
  }
  const denied = await readEvents(rig.database.store.pool, { actor_id: manager.staff_id })
  expect(denied.map(({ action, tenant_id, session_id }) => [action, tenant_id, session_id])).toEqual(
    Array(4).fill(['ACCESS.DENIED', undefined, undefined]),
  )
})

it.each<[string, Role[]]>([
  ['another role', ['support_manager']],
  ['no role at all', []],
])('S15 lets its opener revoke a session with %s by now, and nobody else with it', async (_what, roles) => {
  const { staff, id } = await openSession()
  await rig.database.store.db.updateTable('staff').set({ roles }).where('id', '=', staff.staff_id).execute()
  expect(await codeOf(await staff.get(`/api/sessions/${id}`))).toEqual([403, 'role_missing'])
  const other = await rig.visitorWith(roles)
  expect(await codeOf(await other.send('POST', `/api/sessions/${id}/revocation`, {}))).toEqual([403, 'role_missing'])
  const revoked = await staff.send('POST', `/api/sessions/${id}/revocation`, { reason: 'done' })
  expect([revoked.status, ((await revoked.json()) as { status: string }).status]).toEqual([200, 'REVOKED'])
  await expect.poll(async () => (await eventsOfTenant('SUPPORT_SESSION.REVOKED')).map(({ session_id }) => session_id)).toContain(id)
})

it('S15 lets other staff with the role revoke it', async () => {
  const { id } = await openSession()
  const other = await rig.visitorWith(['super_admin'])
  expect((await other.send('POST', `/api/sessions/${id}/revocation`, {})).status).toBe(200)
})
