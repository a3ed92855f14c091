import { CreatedSession, Session } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let staff: Awaited<ReturnType<Rig['visitorWith']>>
let tenantId: string
beforeAll(async () => {
  rig = await startRig()
  tenantId = await rig.knownTenant()
})
beforeEach(async () => {
  staff = await rig.visitorWith(['support_admin'])
})
afterAll(() => rig?.close())

const create = async (more: object = {}): Promise<Session> => {
  const answer = await staff.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'looking at a report', ...more })
  expect(answer.status).toBe(201)
  return CreatedSession.parse(await answer.json()).session
}
const get = async (id: string): Promise<Session> => Session.parse(await (await staff.get(`/api/sessions/${id}`)).json())
const userOf = (tenant: string): string => {
  const person = rig.directory.world.people.find(({ user }) => user.tenant_id === tenant)
  if (person === undefined) throw new Error(`nobody in ${tenant}`)
  return person.user.id
}

it('X2 takes a session without a target user, and says that it has none', async () => {
  const { id, target_user_id } = await create()
  expect([target_user_id, (await get(id)).target_user_id]).toEqual([null, null])
})

it('X2 takes a session on one user of the tenant, and says on whom', async () => {
  const target = userOf(tenantId)
  const { id, target_user_id } = await create({ target_user_id: target })
  expect([target_user_id, (await get(id)).target_user_id]).toEqual([target, target])
})

it('X2 refuses a session on a user of another tenant', async () => {
  const other = rig.directory.world.people.find(({ user }) => user.tenant_id !== tenantId)?.user.id
  const body = { tenant_id: tenantId, reason: 'looking at a report', target_user_id: other }
  const answer = await staff.send('POST', '/api/sessions', body)
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'not_found'])
})

it('C41 has the details: status, tenant, staff member and scopes', async () => {
  const { id } = await create({ scopes: ['reports:read', 'reports:write'] })
  const { status, tenant_id, staff_id, scopes } = await get(id)
  expect({ status, tenant_id, staff_id, scopes }).toEqual({
    status: 'ACTIVE',
    tenant_id: tenantId,
    staff_id: staff.staff_id,
    scopes: ['reports:read', 'reports:write'],
  })
})

it('C42 has the times: issued, expires, and how long it still lasts', async () => {
  const before = Date.now()
  const { id } = await create({ ttl_minutes: 7 })
  const { issued_at, expires_at, remaining_seconds, ended_at } = await get(id)
  expect(Date.parse(expires_at) - Date.parse(issued_at)).toBe(7 * 60_000)
  expect(Math.abs(Date.parse(issued_at) - before)).toBeLessThan(10_000)
  expect(remaining_seconds).toBeGreaterThan(400)
  expect(remaining_seconds).toBeLessThanOrEqual(420)
  expect(ended_at).toBeNull()
})

it('C43 says when it was revoked, by whom and why, if it was', async () => {
  const { id } = await create()
  expect(await get(id)).toMatchObject({ revoked_at: null, revoked_by: null, revocation_reason: null, ended_by: null })
  await staff.send('POST', `/api/sessions/${id}/revocation`, { reason: 'the report is read' })
  const session = await get(id)
  expect(session).toMatchObject({
    status: 'REVOKED',
    revoked_by: `${staff.staff_id}@vendor.example`,
    revocation_reason: 'the report is read',
    ended_by: 'opener',
    remaining_seconds: 0,
  })
  expect(Date.parse(session.revoked_at as string)).toBeGreaterThanOrEqual(Date.parse(session.issued_at))
})
