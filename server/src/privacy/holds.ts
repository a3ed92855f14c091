import { TenantId } from '@countersign/contract/ids.ts'
import { Reason } from '@countersign/contract/text.ts'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { parse } from '../access/parse.ts'
import { actorOf, type OperatorPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'

/** Erasures take it shared and holds alone: one that was placed is seen by every erasure after it, and waits for those under way. */
const lockKey = sql`hashtextextended('legal holds', 7302)`
export const lockHolds = async (tx: Kysely<Tables>, how: 'shared' | 'alone'): Promise<void> => {
  const lock = how === 'shared' ? sql`pg_advisory_xact_lock_shared(${lockKey})` : sql`pg_advisory_xact_lock(${lockKey})`
  await sql`select ${lock}`.execute(tx)
}

export const HoldTenant = z.strictObject({ tenant_id: TenantId, reason: Reason })

const findHold = async (tx: Kysely<Tables>, tenantId: string) =>
  await tx.selectFrom('legal_holds').select('id').where('tenant_id', '=', tenantId).where('released_at', 'is', null).executeTakeFirst()

/** The tenants among these of which nothing may be erased. */
export const heldAmong = async ({ db }: Pick<Store, 'db'>, tenantIds: readonly string[]): Promise<string[]> => {
  if (tenantIds.length === 0) return []
  const rows = await db
    .selectFrom('legal_holds')
    .select('tenant_id')
    .where('tenant_id', 'in', tenantIds)
    .where('released_at', 'is', null)
    .orderBy('tenant_id')
    .execute()
  return rows.map(({ tenant_id }) => tenant_id)
}

/** From now on nothing of the tenant is erased. Twice is harmless. */
export const placeHold = verb({
  name: 'place a legal hold',
  may: 'operator',
  parse: (raw: z.input<typeof HoldTenant>) => parse(HoldTenant, raw),
  run: async (ctx: Ctx<OperatorPrincipal>, { tenant_id, reason }): Promise<{ placed: boolean }> =>
    await transact(ctx, async (tx) => {
      await lockHolds(tx, 'alone')
      if (await findHold(tx, tenant_id)) return { placed: false }
      await tx
        .insertInto('legal_holds')
        .values({ id: newId('hold'), tenant_id })
        .execute()
      await ctx.journal.record(tx, {
        action: 'LEGAL_HOLD.PLACED',
        result: 'ok',
        actor: actorOf(ctx.principal),
        tenant_id,
        target: { kind: 'tenant', id: tenant_id },
        reason,
      })
      return { placed: true }
    }),
})

export const releaseHold = verb({
  name: 'release a legal hold',
  may: 'operator',
  parse: (raw: z.input<typeof HoldTenant>) => parse(HoldTenant, raw),
  run: async (ctx: Ctx<OperatorPrincipal>, { tenant_id, reason }): Promise<void> =>
    await transact(ctx, async (tx) => {
      await lockHolds(tx, 'alone')
      const hold = await findHold(tx, tenant_id)
      if (!hold) throw new Refusal('not_found', { detail: `There is no legal hold on the tenant ${tenant_id}.` })
      await tx.updateTable('legal_holds').set({ released_at: sql`clock_timestamp()` }).where('id', '=', hold.id).execute()
      await ctx.journal.record(tx, {
        action: 'LEGAL_HOLD.RELEASED',
        result: 'ok',
        actor: actorOf(ctx.principal),
        tenant_id,
        target: { kind: 'tenant', id: tenant_id },
        reason,
      })
    }),
})

export const listHolds = async ({ db }: Pick<Store, 'db'>): Promise<{ tenant_id: string; placed_at: Date }[]> =>
  await db.selectFrom('legal_holds').select(['tenant_id', 'placed_at']).where('released_at', 'is', null).orderBy('placed_at').execute()
