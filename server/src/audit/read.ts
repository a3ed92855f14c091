import type { Actor, EventFilters } from '@countersign/contract/events.ts'
import type { Keys } from '../keys.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { record } from './record.ts'

/** Reading the log is on the log. A read that is narrowed to a tenant, or to a session in it, is visible to that tenant. */
export const recordRead = async (needs: { store: Store; keys: Keys }, actor: Actor, filters: EventFilters): Promise<void> => {
  const asked = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as Record<string, string>
  await transaction(needs.store, async (tx) => {
    const session =
      filters.session_id === undefined
        ? undefined
        : await tx.selectFrom('support_sessions').select('tenant_id').where('id', '=', filters.session_id).executeTakeFirst()
    const tenantId = filters.tenant_id ?? session?.tenant_id
    await record(tx, needs.keys, {
      action: 'AUDIT.READ',
      result: 'ok',
      actor,
      target: { kind: 'log', id: 'audit' },
      ...(tenantId === undefined ? {} : { tenant_id: tenantId }),
      details: { filters: asked },
    })
  })
}
