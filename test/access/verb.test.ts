import type { Event } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { newBudget } from '../../server/src/access/budget.ts'
import type { Ctx } from '../../server/src/access/ctx.ts'
import { deny } from '../../server/src/access/deny.ts'
import { parse } from '../../server/src/access/parse.ts'
import { actorOf, anonymous, type StaffPrincipal } from '../../server/src/access/principal.ts'
import { onRecord, transact } from '../../server/src/access/transact.ts'
import { verb } from '../../server/src/access/verb.ts'
import { Refusal } from '../../server/src/errors.ts'
import { codeOf, type SessionRig, startSessionRig } from '../sessions/rig.ts'

type Input = { tenant_id: string; name: string }
const Input = z.strictObject({ tenant_id: z.string(), name: z.string().min(3) })

let rig: SessionRig
let staff: Ctx<StaffPrincipal>
let auditor: Ctx<StaffPrincipal>
beforeAll(async () => {
  rig = await startSessionRig()
  const { store, journal } = rig.database
  staff = { store, journal, principal: rig.staff }
  auditor = { store, journal, principal: await rig.newStaff(['auditor']) }
})
afterAll(() => rig?.close())

const nameOf = async (id: string): Promise<string | undefined> =>
  (await rig.database.store.db.selectFrom('tenants').select('name').where('id', '=', id).executeTakeFirst())?.name

/** Renames a tenant, which nothing in the program does, and fails where it is told to. */
const rename = verb({
  name: 'rename a tenant',
  may: ['support_admin'],
  named: ({ tenant_id }: Input) => ({ tenant_id }),
  parse: (raw: Input) => parse(Input, raw, { name: 'reason_too_short' }),
  run: async (ctx: Ctx<StaffPrincipal> & { then?: (denied: () => Error) => unknown }, { tenant_id, name }): Promise<string> =>
    await transact(ctx, async (tx) => {
      const attempt = {
        action: 'TENANT.OPENED',
        actor: actorOf(ctx.principal),
        tenant_id,
        target: { kind: 'tenant', id: tenant_id },
      } as const
      await tx.updateTable('tenants').set({ name }).where('id', '=', tenant_id).execute()
      const answer = await ctx.then?.(() => deny(new Refusal('conflict'), attempt))
      if (answer !== undefined) return answer as never
      await ctx.journal.record(tx, { ...attempt, result: 'ok' })
      return name
    }),
})

/** The events that this brings about. */
const eventsOf = async (work: () => Promise<unknown>): Promise<{ code: string; events: Event[] }> => {
  const before = (await rig.events()).length
  const code = await codeOf(work())
  return { code, events: (await rig.events()).slice(before) }
}

describe('a verb', () => {
  it('does what it does with its event', async () => {
    const { code, events } = await eventsOf(() => rename(staff, { tenant_id: 'ten_a', name: 'first' }))
    expect([code, await nameOf('ten_a'), events.map(({ result }) => result)]).toEqual(['nothing was refused', 'first', ['ok']])
  })

  it('AZ-2 X3 refuses who may not on the record, where the tenant sees it, and runs nothing', async () => {
    const { code, events } = await eventsOf(() => rename(auditor, { tenant_id: 'ten_a', name: 'second' }))
    expect([code, await nameOf('ten_a')]).toEqual(['role_missing', 'first'])
    expect(events).toMatchObject([
      {
        action: 'ACCESS.DENIED',
        result: 'deny',
        code: 'role_missing',
        note: 'needs support_admin',
        actor: { id: auditor.principal.id },
        tenant_id: 'ten_a',
        target: { kind: 'route', id: 'rename a tenant' },
      },
    ])
  })

  it('refuses other kinds of callers likewise, and a key for its permission', async () => {
    const key = { kind: 'tenant', id: 'key_1', tenant_id: 'ten_a', permissions: [] } as const
    const asKey = { ...staff, principal: { ...key, permissions: [] } }
    expect(await eventsOf(() => rename(asKey, { tenant_id: 'ten_a', name: 'second' }))).toMatchObject({
      code: 'role_missing',
      events: [{ action: 'ACCESS.DENIED', actor: { kind: 'tenant', id: 'key_1' } }],
    })
    const read = verb({ name: 'read', may: { permission: 'audit:read' }, run: async () => 'read' })
    expect(await eventsOf(() => read(asKey))).toMatchObject({
      code: 'key_permission_missing',
      events: [{ action: 'AUTH.DENIED', code: 'key_permission_missing', tenant_id: 'ten_a', target: { kind: 'key', id: 'key_1' } }],
    })
  })

  it('says by which request, and by which route, it was called', async () => {
    const request = { id: 'req_00000000000070008000000000000001', method: 'PUT', path: '/api/tenants/:tenant_id' }
    const { events } = await eventsOf(() => rename({ ...auditor, request }, { tenant_id: 'ten_a', name: 'second' }))
    expect(events).toMatchObject([{ target: { kind: 'route', id: 'PUT /api/tenants/:tenant_id' }, request }])
  })

  it('refuses input by its schema with the code of the member, and records nothing of it by itself', async () => {
    const { code, events } = await eventsOf(() => rename(staff, { tenant_id: 'ten_a', name: 'x' }))
    expect([code, events]).toEqual(['reason_too_short', []])
    await expect(rename(staff, { tenant_id: 'ten_a', name: 'four', more: 1 } as Input)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('A26 A39 puts each of its refusals on the record where it says what was attempted: of may, of parse, of the transaction', async () => {
    const recorded = verb({
      name: 'open',
      may: ['support_admin'],
      parse: (raw: Input) => parse(Input, raw),
      attempt: async ({ principal }, { tenant_id }: Input) =>
        tenant_id === 'ten_a'
          ? { action: 'SUPPORT_SESSION.DENIED', actor: actorOf(principal), tenant_id, target: { kind: 'tenant', id: tenant_id } }
          : undefined,
      run: (ctx: Ctx<StaffPrincipal>, { name }) =>
        transact(ctx, async () => {
          throw new Refusal(name === 'down' ? 'directory_unavailable' : 'conflict')
        }),
    })
    const denials = async (ctx: Ctx<StaffPrincipal>, input: Input) => {
      const { code, events } = await eventsOf(() => recorded(ctx, input))
      return [code, ...events.map(({ action, code: said, note }) => [action, said, note])]
    }
    const denied = 'SUPPORT_SESSION.DENIED'
    const input = { tenant_id: 'ten_a', name: 'enough' }
    expect(await denials(auditor, input)).toEqual(['role_missing', [denied, 'role_missing', 'This needs the role support_admin.']])
    const [, [, , note]] = (await denials(staff, { ...input, name: 'x' })) as [string, string[]]
    expect(note).toMatch(/^name /)
    expect(await denials(staff, input)).toEqual(['conflict', [denied, 'conflict', 'The state has changed in the meantime.']])
    // Our own trouble is no refusal of anybody; and of what is not there nothing is recorded.
    expect(await denials(staff, { ...input, name: 'down' })).toEqual(['directory_unavailable'])
    expect(await denials(staff, { ...input, tenant_id: 'ten_x' })).toEqual(['conflict'])
  })
})

describe('a denial from inside the transaction', () => {
  it('that is thrown undoes what was written, and is recorded', async () => {
    const then = (denied: () => Error) => {
      throw denied()
    }
    const { code, events } = await eventsOf(() => rename({ ...staff, then }, { tenant_id: 'ten_a', name: 'thrown' }))
    expect([code, await nameOf('ten_a')]).toEqual(['conflict', 'first'])
    expect(events).toMatchObject([{ action: 'TENANT.OPENED', result: 'deny', code: 'conflict', tenant_id: 'ten_a' }])
  })

  it('that is returned commits with what was written', async () => {
    const then = (denied: () => Error) => denied()
    const { code, events } = await eventsOf(() => rename({ ...staff, then }, { tenant_id: 'ten_b', name: 'returned' }))
    expect([code, await nameOf('ten_b')]).toEqual(['conflict', 'returned'])
    expect(events).toMatchObject([{ result: 'deny', code: 'conflict', tenant_id: 'ten_b' }])
  })

  it('I1 is there exactly when the refusal is: a failure leaves neither event nor change', async () => {
    const then = async (denied: () => Error) => {
      denied()
      await sql`select 1 / 0`.execute(rig.database.store.db)
    }
    const { code, events } = await eventsOf(() => rename({ ...staff, then }, { tenant_id: 'ten_a', name: 'failed' }))
    expect([code, events, await nameOf('ten_a')]).toEqual([expect.stringContaining('division by zero'), [], 'first'])
  })

  it('I1 gives way to the store where it cannot be recorded: no refusal without its event', async () => {
    const { journal } = staff
    const broken = { ...staff, journal: { ...journal, record: async () => Promise.reject(new Refusal('store_unavailable')) } }
    for (const then of [
      (denied: () => Error) => denied(),
      (denied: () => Error) => {
        throw denied()
      },
    ]) {
      const { code, events } = await eventsOf(() => rename({ ...broken, then }, { tenant_id: 'ten_a', name: 'unrecorded' }))
      expect([code, events, await nameOf('ten_a')]).toEqual(['store_unavailable', [], 'first'])
    }
  })

  it('RL-1 is counted beyond its limit, and the next one recorded has the count', async () => {
    let now = 0
    const budget = newBudget(1, () => now)
    const knock = () =>
      onRecord(staff, async () => {
        throw deny(new Refusal('key_refused'), { action: 'AUTH.DENIED', actor: anonymous, note: 'no key' }, { budget })
      })
    const seen = async () => {
      const { code, events } = await eventsOf(knock)
      return [code, ...events.map(({ note, details }) => [note, details])]
    }
    expect(await seen()).toEqual(['key_refused', ['no key', undefined]])
    expect(await seen()).toEqual(['key_refused'])
    expect(await seen()).toEqual(['key_refused'])
    now = 60_000
    expect(await seen()).toEqual(['key_refused', ['no key', { unrecorded: 2 }]])
  })
})
