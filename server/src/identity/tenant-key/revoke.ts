import { Refusal } from '../../errors.ts'
import { transaction } from '../../store/transaction.ts'
import type { KeyNeeds } from '../keys.ts'
import { actorOf, type OperatorPrincipal } from '../principal.ts'

/** Revokes a tenant's API key: it is refused from the next request on. Twice is harmless; nothing un-revokes. */
export const revokeKey = async (needs: KeyNeeds, operator: OperatorPrincipal, id: string): Promise<{ revoked: boolean }> =>
  transaction(needs.store, async (tx) => {
    const key = await tx.selectFrom('api_keys').select(['id', 'tenant_id', 'name']).where('id', '=', id).executeTakeFirst()
    if (key === undefined) throw new Refusal('not_found', { detail: `There is no API key ${id}.` })
    const revocation = await tx
      .insertInto('api_key_revocations')
      .values({ key_id: id, revoked_by: operator.id })
      .onConflict((conflict) => conflict.column('key_id').doNothing())
      .returning('key_id')
      .executeTakeFirst()
    if (revocation === undefined) return { revoked: false }
    await needs.journal.record(tx, {
      action: 'KEY.REVOKED',
      result: 'ok',
      actor: actorOf(operator),
      tenant_id: key.tenant_id,
      target: { kind: 'key', id, label: key.name },
    })
    return { revoked: true }
  })
