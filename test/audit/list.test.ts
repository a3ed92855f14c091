import { EventFilters, EventPage, type EventFilters as Filters } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { denialOf } from '../../server/src/access/deny.ts'
import { formatCursor } from '../../server/src/audit/cursor.ts'
import { listEvents, listTenantEvents } from '../../server/src/audit/list.ts'
import type { Recordable } from '../../server/src/audit/record.ts'
import { Refusal } from '../../server/src/errors.ts'
import { newId } from '../../server/src/ids.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
let ids: string[]
const rob = { kind: 'staff' as const, id: newId('staff'), issuer: 'https://id', subject: 'rob', email: 'rob@x', name: 'Rob' }
const session = newId('session')
const request = { id: newId('request'), method: 'GET', path: '/x' }

/** Without what the sequencer says before it signs. */
const ours = { action: '-LOG.TALLIED' }
const ok = { result: 'ok', actor: rob } as const
const tenant = (id: string) => ({ kind: 'tenant', id }) as const

/** One of each kind that a filter can tell apart. */
const events: Recordable[] = [
  {
    ...ok,
    action: 'SUPPORT_SESSION.CREATED',
    tenant_id: 'ten_a',
    session_id: session,
    target: tenant('ten_a'),
    reason: 'Looking into a failed export',
    ticket: '#4831',
    details: { scopes: ['a:read'], ttl_minutes: 15, policy: 'none', expires_at: '2026-11-20T12:15:00.000Z' },
  },
  { ...ok, action: 'SUPPORT_SESSION.REQUEST.ADMITTED', tenant_id: 'ten_a', session_id: session, request, target: tenant('ten_c') },
  denialOf(new Refusal('role_missing'), { action: 'SUPPORT_SESSION.DENIED', actor: rob, tenant_id: 'ten_b', target: tenant('ten_b') }),
  { ...ok, action: 'CONSOLE.OPENED', tenant_id: 'ten_b', target: { kind: 'user', id: 'usr_1' }, ticket: '#4831' },
  {
    ...ok,
    action: 'AUTH.SIGNED_IN',
    target: { kind: 'staff', id: rob.id },
    request,
    details: { roles: ['auditor'], sign_in: newId('staffSession') },
  },
  { result: 'ok', action: 'TENANT.OPENED', actor: { kind: 'operator', id: 'a%b' }, tenant_id: 'ten_%', target: tenant('ten_%') },
]

beforeAll(async () => {
  rig = await newRig()
  const { kind: _, ...row } = rob
  await rig.store.db.insertInto('staff').values(row).execute()
  ids = await rig.record(...events)
  await rig.sequencer.drain()
})
afterAll(() => rig.close())

const found = async (filters: Filters) => {
  const page = await listEvents(rig.store, EventFilters.parse(filters), { limit: 50 })
  return page.items.filter(({ action }) => action !== 'LOG.TALLIED').map(({ id }) => ids.indexOf(id))
}
const foundByTenant = async (tenant: string, filters: Omit<Filters, 'tenant_id'> = {}) => {
  const page = await listTenantEvents(rig.store, tenant, filters, { limit: 50 })
  return page.items.map(({ id }) => ids.indexOf(id))
}

describe('A28 A29 A30 filters', () => {
  it.each<[string, Filters, number[]]>([
    ['nothing', {}, [5, 4, 3, 2, 1, 0]],
    ['category', { category: 'support_session' }, [2, 1, 0]],
    ['action', { action: 'SUPPORT_SESSION.DENIED' }, [2]],
    ['the beginning of an action', { action: 'SUPPORT_SESSION.*' }, [2, 1, 0]],
    ['a beginning with an underscore, which stands for itself', { action: 'AUTH_SIGNED*' }, []],
    ['actor', { actor_id: rob.id }, [4, 3, 2, 1, 0]],
    ['an actor with a per cent sign', { actor_id: 'a%b' }, [5]],
    ['resource type', { resource_type: 'user' }, [3]],
    ['target', { target_id: 'ten_b' }, [2]],
    ['tenant', { tenant_id: 'ten_a' }, [1, 0]],
    ['session', { session_id: session }, [1, 0]],
    ['ticket', { ticket: '#4831' }, [3, 0]],
    ['result', { result: 'deny' }, [2]],
    ['ticket and tenant', { ticket: '#4831', tenant_id: 'ten_b' }, [3]],
    ['several values, either of which will do', { tenant_id: 'ten_b,ten_%', result: 'ok,error' }, [5, 3]],
    ['what is left out', { action: '-SUPPORT_SESSION.*' }, [5, 4, 3]],
    ['a value and what is left out of it', { category: 'support_session', action: '-*.DENIED,-*.ADMITTED' }, [0]],
    ['a tenant that is left out, which keeps events of none', { tenant_id: '-ten_a,-ten_b' }, [5, 4]],
    ['the end of a name', { action: '*.DENIED' }, [2]],
    ['the address of staff', { actor_id: rob.email, tenant_id: 'ten_a' }, [1, 0]],
    ['a ticket that is left out', { ticket: '-"#4831"' }, [5, 4, 2, 1]],
    ['a value in quotes, with a comma', { target_id: '"ten,b",ten_b' }, [2]],
    ['words of a reason, in any case', { text: 'FAILED exp' }, [0]],
    ['words of a note', { text: 'needs the role' }, []],
    ['a per cent sign in words, which stands for itself', { text: 'Looking%failed' }, []],
    ['words and what does not have them', { text: 'failed export', result: 'deny' }, []],
    ['request and session', { session_id: session, request_id: request.id }, [1]],
    ['what no event has together', { result: 'deny', category: 'look_up' }, []],
    ['from far ahead', { from: '2999-01-01T00:00:00Z' }, []],
    ['until long ago', { to: '1999-01-01T00:00:00+02:00' }, []],
  ])('by %s', async (_name, filters, expected) => {
    expect(await found(filters)).toEqual(expected)
  })

  it('A30 by time window: from is inclusive, to is not, to the microsecond', async () => {
    const { items } = await listEvents(rig.store, { action: 'CONSOLE.OPENED' }, { limit: 1 })
    const instant = items[0]?.occurred_at as string
    expect(await found({ from: instant, to: instant })).toEqual([])
    expect(await found({ from: instant })).toEqual([5, 4, 3])
    expect(await found({ to: instant })).toEqual([2, 1, 0])
  })
})

describe('A27 S10 S11 S12 the list', () => {
  it('is newest first, in pages that neither repeat nor leave out, with events of the contract', async () => {
    const seen: number[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = EventPage.parse(await listEvents(rig.store, ours, { limit: 4, cursor: cursor ?? undefined }))
      seen.push(...page.items.map(({ log_index }) => log_index))
      cursor = page.next_cursor
    }
    expect(seen).toEqual([5, 4, 3, 2, 1, 0])
  })

  it('gives no cursor on a last page that is just full', async () => {
    expect((await listEvents(rig.store, ours, { limit: 6 })).next_cursor).toBeNull()
    expect((await listEvents(rig.store, ours, { limit: 5 })).next_cursor).toBe(formatCursor(1))
  })

  it.each(['', 'x', 'MQ==', 'MDE', 'LTE', 'MS41', Buffer.from('99999999999999999').toString('base64url'), 'NTk3Cg', `${formatCursor(3)}A`])(
    'refuses the cursor %j',
    async (cursor) => {
      await expect(listEvents(rig.store, ours, { limit: 5, cursor })).rejects.toMatchObject({ code: 'invalid_request' })
      await expect(listTenantEvents(rig.store, 'ten_a', {}, { limit: 5, cursor })).rejects.toMatchObject({ code: 'invalid_request' })
    },
  )

  it('X10 A28 pages in the order of the log, after an index, for whoever polls', async () => {
    const { items, next_cursor } = await listEvents(rig.store, ours, { limit: 2, order: 'asc', after: 1 })
    expect(items.map(({ log_index }) => log_index)).toEqual([2, 3])
    const next = await listEvents(rig.store, ours, { limit: 2, order: 'asc', cursor: next_cursor ?? undefined })
    expect([next.items.map(({ log_index }) => log_index), next.next_cursor]).toEqual([[4, 5], null])
    expect((await listEvents(rig.store, ours, { limit: 2, order: 'asc', after: 5 })).items).toEqual([])
    expect((await listEvents(rig.store, ours, { limit: 9, after: 3 })).items.map(({ log_index }) => log_index)).toEqual([5, 4])
  })

  it.each([
    [{ action: 'a,b' }, 'action'],
    [{ category: 'support_session,other' }, 'category'],
    [{ tenant_id: 'a,,b' }, 'tenant_id'],
    [{ ticket: '"#1' }, 'ticket'],
    [{ result: '-' }, 'result'],
    [{ text: 'ab' }, 'text'],
    [{ target_id: Array(51).fill('a').join() }, 'target_id'],
  ])('refuses the filter %j', (filters, member) => {
    expect(EventFilters.safeParse(filters).error?.issues[0]?.path).toEqual([member])
  })

  it('refuses requests without their sessions: nothing finds them', async () => {
    await expect(listEvents(rig.store, { request_id: request.id }, { limit: 5 })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('does not show what is recorded and not yet in the log', async () => {
    const late = await newRig()
    try {
      await late.record(eventOf(0))
      expect((await listEvents(late.store, ours, { limit: 5 })).items).toEqual([])
      await late.sequencer.drain()
      expect((await listEvents(late.store, ours, { limit: 5 })).items).toHaveLength(1)
    } finally {
      await late.close()
    }
  })
})

describe('S17 X3 what a tenant sees', () => {
  it('X3 is the same event under the same id and place, denied attempts included', async () => {
    const mine = (await listTenantEvents(rig.store, 'ten_b', {}, { limit: 50 })).items
    const staffs = (await listEvents(rig.store, { tenant_id: 'ten_b' }, { limit: 50 })).items
    expect(mine).toEqual(staffs)
    expect(mine.map(({ action }) => action)).toEqual(['CONSOLE.OPENED', 'SUPPORT_SESSION.DENIED'])
  })

  it('S12 filters combine with the tenant, whatever is asked', async () => {
    expect(await foundByTenant('ten_a', { category: 'support_session' })).toEqual([1, 0])
    expect(await foundByTenant('ten_a', { category: 'look_up' })).toEqual([])
    expect(await foundByTenant('ten_a', { session_id: session })).toEqual([1, 0])
    expect(await foundByTenant('ten_a', { tenant_id: 'ten_b' } as never)).toEqual([1, 0])
  })

  it.each(['ten_c', '', 'ten_', 'TEN_A', "ten_a' or true --", '*', '\\'])('S17 is nothing for a tenant named %j', async (tenant) => {
    expect(await foundByTenant(tenant)).toEqual([])
  })

  it('S17 a name with a per cent sign is that tenant alone', async () => {
    expect(await foundByTenant('ten_%')).toEqual([5])
  })

  it('S17 row security keeps tenants apart where a query forgets to', async () => {
    const seenAs = (tenant: string) =>
      transaction(rig.store, async (tx) => {
        await sql`set local role countersign_tenant`.execute(tx)
        await sql`select set_config('countersign.tenant_id', ${tenant}, true)`.execute(tx)
        const entries = await tx.selectFrom('log_entries').select('tenant_id').distinct().execute()
        const bodies = await tx.selectFrom('events').select('body').execute()
        return { tenants: entries.map(({ tenant_id }) => tenant_id), events: bodies.length }
      })
    expect(await seenAs('ten_a')).toEqual({ tenants: ['ten_a'], events: 2 })
    expect(await seenAs('')).toEqual({ tenants: [], events: 0 })
  })

  it('S17 the role of one tenant ends with its transaction', async () => {
    await Promise.all(numbers(20).map((at) => foundByTenant(at % 2 === 0 ? 'ten_a' : 'ten_b')))
    expect(await found({})).toEqual([5, 4, 3, 2, 1, 0])
  })
})

describe('AU-1 events are for ever', () => {
  it.each(['events', 'log_entries', 'log_tiles', 'log_checkpoints', 'log_rejected'] as const)(
    'A27 the program cannot change or delete %s',
    async (table) => {
      for (const text of [
        `update ${table} set ${table === 'log_rejected' || table === 'events' ? 'n = n' : table === 'log_entries' ? 'action = action' : table === 'log_tiles' ? 'level = level' : 'size = size'}`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        await expect(sql.raw(text).execute(rig.store.db)).rejects.toMatchObject({ code: '42501' })
      }
    },
  )
})
