import type { Ctx } from '../../access/ctx.ts'
import { actorOf, type OperatorPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'

/** Revokes an ingest key: what it sends is refused from the next request on. Twice is harmless; nothing un-revokes. */
export const revokeIngestKey = verb({
  name: 'revoke an ingest key',
  may: 'operator',
  run: async (ctx: Ctx<OperatorPrincipal>, id: string): Promise<{ revoked: boolean }> =>
    await transact(ctx, async (tx) => {
      const key = await tx.selectFrom('ingest_keys').select(['id', 'name']).where('id', '=', id).executeTakeFirst()
      if (key === undefined) throw new Refusal('not_found', { detail: `There is no ingest key ${id}.` })
      const revocation = await tx
        .insertInto('ingest_key_revocations')
        .values({ key_id: id, revoked_by: ctx.principal.id })
        .onConflict((conflict) => conflict.column('key_id').doNothing())
        .returning('key_id')
        .executeTakeFirst()
      if (revocation === undefined) return { revoked: false }
      await ctx.journal.record(tx, {
        action: 'INGEST_KEY.REVOKED',
        result: 'ok',
        actor: actorOf(ctx.principal),
        target: { kind: 'key', id, label: key.name },
      })
      return { revoked: true }
    }),
})
