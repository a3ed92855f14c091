import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { CreatedSession } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { type Rig, startRig } from '../../support/rig.ts'

const canary = 'CANARY-B-7f31c0'
const ticket = 'SUP-73100'
const nothing = JSON.stringify({ items: [], next_cursor: null })

let rig: Rig
let victim = ''
let attacker = ''
let events: LoggedEvent[] = []
const keys = new Map<string, string>()

const ask = async (tenant: string, path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${rig.console_url}${path}`, { headers: { 'x-api-key': keys.get(tenant) as string, ...headers } })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

beforeAll(async () => {
  rig = await startRig()
  const admin = await rig.visitorWith(['support_admin'])
  await rig.knownTenant()
  await vi.waitFor(async () => {
    const known = await rig.database.store.db.selectFrom('tenants').select('id').execute()
    expect(known.length).toBe(rig.directory.world.tenants.length)
  })
  ;[victim, attacker] = rig.directory.world.tenants.map(({ id }) => id) as [string, string]
  for (const tenant_id of [victim, attacker]) {
    const needs = { store: rig.database.store, journal: rig.database.journal }
    keys.set(
      tenant_id,
      (await createKey({ ...needs, principal: { kind: 'operator', id: 'test' } }, { tenant_id, name: 'security team' })).key,
    )
  }
  const created = await admin.send('POST', '/api/sessions', { tenant_id: victim, reason: `Looking into ${canary}`, ticket })
  const { session, token } = (await created.json()) as CreatedSession
  await fetch(`${rig.gateway_url}/v1/reports?name=${canary}`, { headers: { authorization: `Bearer ${token}` } })
  await vi.waitFor(async () => {
    const { body } = await ask(victim, `/v1/audit?session_id=${session.id}`)
    events = (JSON.parse(body) as { items: LoggedEvent[] }).items
    expect(events.length).toBe(3)
  })
})
afterAll(() => rig?.close())

describe('TI-1 I7 a tenant’s key is used to ask for another tenant', () => {
  it('the other tenant itself sees what the rest of this file must not find', async () => {
    const { body } = await ask(victim, '/v1/audit?limit=200')
    expect(body).toContain(canary)
    expect(body).toContain(ticket)
  })

  it('S17 by every filter, with ids of the other tenant as with ids of nobody: the same nothing', async () => {
    const [event] = events as [LoggedEvent]
    const request = events.find((each) => each.request)?.request?.id as string
    const cursorBefore = (index: number) => Buffer.from(String(index)).toString('base64url')
    const pairs: [string, string][] = [
      [`session_id=${event.session_id}`, 'session_id=ses_00000000000070008000000000000000'],
      [`actor_id=${event.actor.id}&category=support_session`, 'actor_id=stf_00000000000070008000000000000000&category=support_session'],
      [`target_id=${victim}`, 'target_id=ten_unknown'],
      [`resource_type=tenant&target_id=${victim}`, 'resource_type=tenant&target_id=ten_unknown'],
      [`ticket=${ticket}`, 'ticket=SUP-73101'],
      [
        `session_id=${event.session_id}&cursor=${cursorBefore(event.log_index + 1)}`,
        `session_id=ses_00000000000070008000000000000000&cursor=${cursorBefore(event.log_index + 1)}`,
      ],
      [`target_id=${encodeURIComponent(rig.directory.world.tenants[0]?.name ?? '')}`, 'target_id=nobody'],
      [`target_id=${request}`, 'target_id=req_00000000000070008000000000000000'],
      [
        `from=${event.occurred_at}&to=${event.occurred_at.replace(/\d{6}Z$/, '999999Z')}&category=support_session`,
        'from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z&category=support_session',
      ],
    ]
    for (const [theirs, nobodys] of pairs) {
      const [hit, miss] = [await ask(attacker, `/v1/audit?${theirs}`), await ask(attacker, `/v1/audit?${nobodys}`)]
      expect([theirs, hit.status, hit.body]).toEqual([theirs, 200, nothing])
      expect([nobodys, miss.status, miss.body]).toEqual([nobodys, 200, nothing])
    }
  })

  it('by naming the other tenant in the query or in a header: the key alone says whose events these are', async () => {
    for (const [query, headers] of [
      [`tenant_id=${victim}`, {}],
      [`tenant=${victim}`, {}],
      ['limit=200', { 'x-tenant-id': victim, 'x-organization-id': victim }],
      [`limit=200&tenant_id=${attacker}&tenant_id=${victim}`, {}],
    ] as const) {
      const { body } = await ask(attacker, `/v1/audit?${query}`, headers)
      expect(body).not.toContain(victim)
      expect(body).not.toContain(canary)
    }
  })

  it('by walking every page and every route of the key, body and headers: nothing of the other tenant', async () => {
    const paths = [
      ...new Set(
        rig
          .routes()
          .filter(({ method, url }) => method === 'GET' && url.startsWith('/v1/'))
          .map(({ url }) => url),
      ),
    ]
    expect(paths).toContain('/v1/audit')
    for (const path of paths) {
      let cursor: string | null = ''
      while (cursor !== null) {
        const query = path === '/v1/audit' ? `?limit=1${cursor && `&cursor=${cursor}`}` : ''
        // Of what has an id, the victim's.
        const { body, headers, status } = await ask(attacker, path.replace(/:\w+/, events[0]?.id as string) + query)
        expect([path, status < 300 || (path.includes(':') && status < 500)]).toEqual([path, true])
        const all = body + JSON.stringify([...headers])
        for (const secret of [canary, ticket, victim, events[0]?.session_id as string]) expect(all).not.toContain(secret)
        cursor = (JSON.parse(body) as { next_cursor?: string | null }).next_cursor ?? null
      }
    }
  })
})
