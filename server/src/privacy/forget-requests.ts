import { type RawBuilder, sql } from 'kysely'
import { transaction } from '../store/transaction.ts'
import type { EraseBase, Erasure } from './erase.ts'
import { lockHolds } from './holds.ts'
import { mentionPattern } from './phases.ts'
import { type Selector, targetOf } from './selector.ts'

const erased = 'erased'
const ended = sql`a.state not in ('pending', 'approved', 'executing', 'unknown')`

/** The requests that are about those whom a selector means, or name them. */
const requestsOf = (selector: Selector, names: readonly string[]): RawBuilder<unknown> | undefined => {
  const mention = names.length === 0 ? sql`false` : sql`a.signed ~* ${mentionPattern(names)}`
  if ('user_id' in selector) return sql`(a.target_kind = 'user' and a.target_id = ${selector.user_id} or ${mention})`
  if ('tenant_id' in selector) return sql`a.tenant_id = ${selector.tenant_id}`
  if ('staff_id' in selector) return sql`(a.requester_id = ${selector.staff_id} or ${mention})`
  return undefined
}

/**
 * Leaves of requests for an action what is no text of a person's, once they are decided and done: the log has their events. Returns how
 * many still wait, and keep what they have until then.
 */
export const forgetRequests = async (
  { store, journal }: EraseBase,
  erasure: Erasure,
  names: readonly string[],
  through: number,
): Promise<number> =>
  await transaction(store, async (tx) => {
    const requests = requestsOf(erasure.selector, names)
    if (!requests) return 0
    await lockHolds(tx, 'shared')
    const { rows } = await sql<{ id: string; tenant_id: string }>`
      update action_requests a set target_label = target_id, reason = ${erased}, ticket = null, note = null, signed = ${erased}
      where ${requests} and ${ended} and a.signed <> ${erased}
        and not exists (select from legal_holds h where h.tenant_id = a.tenant_id and h.released_at is null)
      returning a.id, a.tenant_id`.execute(tx)
    const decisions = await tx
      .updateTable('action_decisions')
      .set({ reason: erased })
      .where('request_id', '=', sql<string>`any(${rows.map(({ id }) => id)}::text[])`)
      .where('reason', 'is not', null)
      .returning('request_id')
      .execute()
    for (const [tenant_id, ofTenant] of Map.groupBy(rows, (row) => row.tenant_id)) {
      const decided = decisions.filter(({ request_id }) => ofTenant.some(({ id }) => id === request_id)).length
      await journal.record(tx, {
        action: 'PERSONAL_DATA.ERASED',
        result: 'ok',
        actor: erasure.actor,
        tenant_id,
        target: targetOf(erasure.selector),
        reason: erasure.reason,
        details: {
          selector: erasure.selector,
          members: { 'action_requests.signed': ofTenant.length, ...(decided > 0 ? { 'action_decisions.reason': decided } : {}) },
          count: ofTenant.length + decided,
          through,
        },
      })
    }
    const waiting = await sql<{
      count: number
    }>`select count(*)::int as count from action_requests a where ${requests} and not ${ended}`.execute(tx)
    return waiting.rows[0]?.count ?? 0
  })
