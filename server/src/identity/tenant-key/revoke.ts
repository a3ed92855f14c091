import type { Ctx } from '../../access/ctx.ts'
import { actorOf, type OperatorPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'

/** Revokes a tenant's API key: it is refused from the next request on. Twice is harmless; nothing un-revokes. */
export const revokeKey = verb({
  name: 'revoke a key',
  may: 'operator',
  run: async (ctx: Ctx<OperatorPrincipal>, id: string): Promise<{ revoked: boolean }> =>
    await transact(ctx, async (tx) => {
      const key = await tx.selectFrom('api_keys').select(['id', 'tenant_id', 'name']).where('id', '=', id).executeTakeFirst()
      if (key === undefined) throw new Refusal('not_found', { detail: `There is no API key ${id}.` })
      const revocation = await tx
        .insertInto('api_key_revocations')
        .values({ key_id: id, revoked_by: ctx.principal.id })
        .onConflict((conflict) => conflict.column('key_id').doNothing())
        .returning('key_id')
        .executeTakeFirst()
      if (revocation === undefined) return { revoked: false }
      await ctx.journal.record(tx, {
        action: 'KEY.REVOKED',
        result: 'ok',
        actor: actorOf(ctx.principal),
        tenant_id: key.tenant_id,
        target: { kind: 'key', id, label: key.name },
      })
      return { revoked: true }
    }),
})
