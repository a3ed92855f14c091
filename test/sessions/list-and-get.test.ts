import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSession } from '../../server/src/actions/open-session.ts'
import { getSession } from '../../server/src/sessions/get.ts'
import { listSessions } from '../../server/src/sessions/list.ts'
import { revokeSession } from '../../server/src/sessions/revoke.ts'
import { listScopes } from '../../server/src/sessions/scopes.ts'
import { asSuperuser } from '../support/database.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

let rig: SessionRig
const ids: string[] = []
beforeAll(async () => {
  rig = await startSessionRig()
  for (let i = 0; i < 9; i++) ids.push((await rig.open({ tenant_id: i % 2 ? 'ten_b' : 'ten_a' })).session.id)
  await revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: ids[0] as string })
  await asSuperuser(
    rig.database.superuserUrl,
    `update support_sessions set issued_at = issued_at - interval '20 minutes', expires_at = clock_timestamp() where id = any($1)`,
    [[ids[1], ids[2]]],
  )
})
afterAll(() => rig.close())

describe('listing sessions', () => {
  it('C35 shows live and past ones newest first, with three counters over all of them', async () => {
    const { items, counters, next_cursor } = await listSessions({ ...rig.needs, principal: rig.staff }, {})
    expect(items.map(({ id }) => id)).toEqual([...ids.slice(3), ids[0], ids[1], ids[2]].sort((a, b) => rank(b) - rank(a)))
    expect(counters).toEqual({ active: 6, revoked: 1, expired: 2, unusable: 0 })
    expect(next_cursor).toBeNull()
  })
  const rank = (id: string = ''): number => (id === ids[1] || id === ids[2] ? ids.indexOf(id) - 100 : ids.indexOf(id))

  it('C36 S7 filters by status as the clock says it, tenant and staff; the counters stay', async () => {
    const active = await listSessions({ ...rig.needs, principal: rig.staff }, { status: 'ACTIVE' })
    expect(active.items).toHaveLength(6)
    const expired = await listSessions({ ...rig.needs, principal: rig.staff }, { status: 'EXPIRED' })
    expect(expired.items.map(({ id, ended_by, remaining_seconds }) => [id, ended_by, remaining_seconds]).sort()).toEqual(
      [
        [ids[1], 'expiry', 0],
        [ids[2], 'expiry', 0],
      ].sort(),
    )
    const revoked = await listSessions({ ...rig.needs, principal: rig.staff }, { status: 'REVOKED' })
    expect(revoked.items.map(({ id }) => id)).toEqual([ids[0]])
    const ofB = await listSessions({ ...rig.needs, principal: rig.staff }, { tenant_id: 'ten_b' })
    expect(ofB.items.every(({ tenant_id }) => tenant_id === 'ten_b')).toBe(true)
    expect(ofB.counters).toEqual({ active: 6, revoked: 1, expired: 2, unusable: 0 })
    expect(
      (await listSessions({ ...rig.needs, principal: rig.staff }, { staff_id: 'stf_00000000000000000000000000000000' })).items,
    ).toEqual([])
  })

  it('pages without losing or doubling one', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await listSessions({ ...rig.needs, principal: rig.staff }, { limit: 2, cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor ?? undefined
    } while (cursor)
    expect(seen).toHaveLength(9)
    expect(new Set(seen).size).toBe(9)
    expect(await codeOf(listSessions({ ...rig.needs, principal: rig.staff }, { cursor: 'bm90IGEgY3Vyc29y' }))).toBe('invalid_request')
  })

  it('X5 C1 shows auditors what support staff see, and lets them do nothing to it', async () => {
    const auditor = { ...rig.needs, principal: await rig.newStaff(['auditor']) }
    const id = ids[3] as string
    expect((await listSessions(auditor, {})).items).toHaveLength(9)
    expect((await getSession(auditor, id)).id).toBe(id)
    expect((await listScopes(auditor)).scopes).toEqual([])
    expect(await codeOf(revokeSession(auditor, { session_id: id }))).toBe('role_missing')
    expect(await codeOf(openSession(auditor, { tenant_id: 'ten_a', reason: 'To look at what they have' }))).toBe('role_missing')
    expect((await getSession(auditor, id)).status).toBe('ACTIVE')
    const manager = { ...rig.needs, principal: await rig.newStaff(['support_manager']) }
    for (const read of [() => listSessions(manager, {}), () => getSession(manager, id), () => listScopes(manager)])
      expect(await codeOf(read())).toBe('role_missing')
  })
})

describe('one session', () => {
  it('C41 C42 C43 has its details, its times, and how long it still lasts', async () => {
    const session = await getSession({ ...rig.needs, principal: rig.staff }, ids[3] as string)
    expect(session).toMatchObject({ id: ids[3], status: 'ACTIVE', tenant_id: 'ten_b', staff_id: rig.staff.id, revoked_at: null })
    expect(session.remaining_seconds).toBeGreaterThan(800)
    expect(await codeOf(getSession({ ...rig.needs, principal: rig.staff }, 'ses_00000000000000000000000000000000'))).toBe('not_found')
  })
})

describe('the scopes on offer', () => {
  it('are those of the route table, and the presets', async () => {
    expect(await listScopes({ ...rig.needs, principal: rig.staff })).toEqual({
      scopes: [
        { scope: 'attestations:read', routes: [{ method: 'GET', path: '/v1/attestations' }] },
        { scope: 'billing:read', routes: [{ method: 'GET', path: '/v1/billing' }] },
        { scope: 'billing:write', routes: [{ method: 'PUT', path: '/v1/billing', does: 'change how a tenant is billed' }] },
      ],
      presets: [{ name: 'read_only', scopes: ['attestations:read', 'billing:read'] }],
      max_minutes: 60,
    })
  })
})
