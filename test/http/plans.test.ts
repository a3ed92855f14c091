import { afterAll, beforeAll, expect, it } from 'vitest'
import { signIn } from '../support/browser.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())

it('A45 nothing is gated by plan or user count: actions, sessions and exports are the same for every tenant', async () => {
  const id = await rig.knownTenant()
  const rob = await signIn(rig.console_url, 'rob')
  const offered = async (plan: string | null, users: number | null) => {
    await rig.database.store.db.updateTable('tenants').set({ plan, user_count: users }).where('id', '=', id).execute()
    const actions = (await (await rob.get(`/api/actions/catalogue?kind=tenant&id=${id}`)).json()) as { items: unknown[] }
    const session = await rob.send('POST', '/api/sessions', { tenant_id: id, reason: 'Looking into a failed export' })
    const exported = await rob.send('POST', '/api/exports', { filters: { tenant_id: id }, format: 'csv' })
    return { actions, statuses: [session.status, exported.status] }
  }
  const first = await offered('enterprise', 10_000)
  expect(first.actions.items.length).toBeGreaterThan(0)
  expect(first.statuses.every((status) => status >= 200 && status < 300)).toBe(true)
  expect(await offered('free', 1)).toEqual(first)
  expect(await offered(null, null)).toEqual(first)
})
