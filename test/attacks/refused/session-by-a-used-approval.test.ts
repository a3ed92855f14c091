import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSession } from '../../../server/src/actions/open-session.ts'
import { parseConfig } from '../../../server/src/config.ts'
import { getSession } from '../../../server/src/sessions/get.ts'
import { revokeSession } from '../../../server/src/sessions/revoke.ts'
import { codeOf, type SessionRig, startSessionRig } from '../../sessions/rig.ts'
import { judgeNeeds, requireOpened } from '../../support/judge.ts'

const config = parseConfig(
  `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: test
  routes: [{ method: GET, path: /v1/billing, scope: 'billing:read' }]
  presets: { read_only: ['billing:read'] }
directory: { connector: { url: 'http://127.0.0.1:9', audience: test } }
actions: { open_session: { requires: [reason, approval] } }
`,
  'test',
)

let rig: SessionRig
beforeAll(async () => {
  rig = await startSessionRig()
})
afterAll(() => rig.close())

it('SE-8 A41 a session that was revoked is not opened again by the approval that opened it, nor twice by it', async () => {
  const ctx = { ...rig.needs, ...judgeNeeds(config, rig.needs.connector), principal: rig.staff }
  const asked = await openSession(ctx, { tenant_id: 'ten_a', reason: 'Looking into a failed export', ask_approval: true })
  if (!('request' in asked)) throw new Error('it waits for nothing')
  const { id: request_id } = asked.request
  const db = rig.database.store.db
  const boss = await rig.newStaff(['support_manager'])
  await db
    .insertInto('action_decisions')
    .values({ request_id, requester_id: rig.staff.id, staff_id: boss.id, decision: 'approved' } as never)
    .execute()
  await db.updateTable('action_requests').set({ state: 'approved' }).where('id', '=', request_id).execute()
  const { session } = requireOpened(await openSession(ctx, { request_id }))
  expect(await codeOf(openSession(ctx, { request_id }))).toBe('conflict')
  await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: session.id })
  expect(await codeOf(openSession(ctx, { request_id }))).toBe('conflict')
  expect(await db.selectFrom('support_sessions').select('id').execute()).toEqual([{ id: session.id }])
  expect((await getSession(ctx, session.id)).status).toBe('REVOKED')
})

it('SE-8 ten sessions at once each have their own limits, and the end of one ends no other', async () => {
  const sessions = (await Promise.all(Array.from({ length: 10 }, (_, i) => rig.open({ ttl_minutes: i + 5 })))).map(({ session }) => session)
  await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: sessions[4]?.id as string })
  const read = await Promise.all(sessions.map(({ id }) => getSession({ ...rig.needs, principal: rig.staff }, id)))
  expect(read.map(({ standing }) => standing)).toEqual(sessions.map((_, i) => (i === 4 ? 'revoked' : 'usable')))
  expect(read.map(({ issued_at, expires_at }) => (Date.parse(expires_at) - Date.parse(issued_at)) / 60_000)).toEqual(
    sessions.map((_, i) => i + 5),
  )
})
