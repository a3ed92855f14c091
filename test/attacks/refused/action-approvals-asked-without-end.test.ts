import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extendSession } from '../../../server/src/actions/extend-session.ts'
import { openSession } from '../../../server/src/actions/open-session.ts'
import { parseConfig } from '../../../server/src/config.ts'
import { codeOf, type SessionRig, startSessionRig } from '../../sessions/rig.ts'
import { judgeNeeds, requireOpened } from '../../support/judge.ts'

const configWith = (more: string) =>
  parseConfig(
    `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: test
  routes: [{ method: GET, path: /v1/billing, scope: 'billing:read' }]
  presets: { read_only: ['billing:read'] }
directory: { connector: { url: 'http://127.0.0.1:9', audience: test } }
${more}
`,
    'test',
  )

let rig: SessionRig
beforeAll(async () => {
  rig = await startSessionRig()
})
afterAll(() => rig?.close())

const reason = 'Looking into a failed export'
const ctxOf = (more: string, principal = rig.staff) => ({ ...rig.needs, ...judgeNeeds(configWith(more), rig.needs.connector), principal })

/** What came of asking so many times, one after the other. */
const askOften = async (ask: () => Promise<unknown>): Promise<string[]> => {
  const codes: string[] = []
  for (let n = 0; n < 22; n++) codes.push(await codeOf(ask()))
  return codes
}
const twentyAndNoMore = [...Array(20).fill('nothing was refused'), 'too_many_requests', 'too_many_requests']

describe('GA-13 whoever approves is not worn down by asking', () => {
  it('for sessions', async () => {
    const ctx = ctxOf('actions: { open_session: { requires: [reason, approval] } }')
    expect(await askOften(() => openSession(ctx, { tenant_id: 'ten_a', reason, ask_approval: true }))).toEqual(twentyAndNoMore)
    const denied = await rig.events(({ action }) => action === 'SUPPORT_SESSION.DENIED')
    expect(denied.map(({ code }) => code)).toEqual(['too_many_requests', 'too_many_requests'])
  })

  it('for extensions of one', async () => {
    const ctx = ctxOf('actions: { extend_session: { requires: [reason, approval] } }', await rig.newStaff(['support_admin']))
    const { session } = requireOpened(await openSession(ctx, { tenant_id: 'ten_a', reason }))
    expect(await askOften(() => extendSession(ctx, { session_id: session.id, minutes: 5, reason, ask_approval: true }))).toEqual(
      twentyAndNoMore,
    )
  })
})

describe('M6 what was approved is more than its requester may have by now', () => {
  it('is not claimed: neither more minutes, nor scopes that are not read-only any more', async () => {
    const asking = 'actions: { open_session: { requires: [reason, approval] }, impersonate: { requires: [reason, approval] } }'
    const ctx = ctxOf(asking, await rig.newStaff(['support_admin']))
    const { db } = rig.database.store
    const boss = await rig.newStaff(['support_manager'])
    const approve = async (input: object): Promise<string> => {
      const asked = await openSession(ctx, { tenant_id: 'ten_a', reason, ask_approval: true, ...input })
      if (!('request' in asked)) throw new Error('it waits for nothing')
      const { id: request_id } = asked.request
      const decision = { request_id, requester_id: ctx.principal.id, staff_id: boss.id, decision: 'approved' as const }
      await db
        .insertInto('action_decisions')
        .values(decision as never)
        .execute()
      await db.updateTable('action_requests').set({ state: 'approved' }).where('id', '=', request_id).execute()
      return request_id
    }
    const long = await approve({ ttl_minutes: 45 })
    const ofUser = await approve({ target_user_id: 'usr_a', ttl_minutes: 15 })

    const less = { ...ctx, config: configWith(`${asking}\nsessions: { roles: { support_admin: { max_minutes: 10 } } }`) }
    expect(await codeOf(openSession(less, { request_id: long }))).toBe('ttl_out_of_range')
    expect(await codeOf(openSession(less, { request_id: ofUser }))).toBe('ttl_out_of_range')
    const narrower = { ...ctx.config, gateway: { ...ctx.config.gateway, presets: { read_only: [] } } }
    expect(await codeOf(openSession({ ...ctx, config: narrower }, { request_id: ofUser }))).toBe('scope_not_read_only')
    // Nothing was used up by it.
    requireOpened(await openSession(ctx, { request_id: long }))
    requireOpened(await openSession(ctx, { request_id: ofUser }))
  })
})
