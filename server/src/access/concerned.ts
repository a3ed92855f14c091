import { SessionId, TenantId } from '@countersign/contract/ids.ts'
import type { Base } from './ctx.ts'

/** What a call names, as it came in. */
export type Named = { tenant_id?: unknown; session_id?: unknown }

/** The tenant, and the session, that a call is about, where there is one: the tenant sees the attempt (X3). */
export const findConcerned = async (
  { store: { db } }: Pick<Base, 'store'>,
  { tenant_id, session_id }: Named,
): Promise<{ tenant_id?: string; session_id?: string }> => {
  const session = SessionId.safeParse(session_id)
  if (session.success) {
    const found = await db.selectFrom('support_sessions').select(['id', 'tenant_id']).where('id', '=', session.data).executeTakeFirst()
    return found ? { tenant_id: found.tenant_id, session_id: found.id } : {}
  }
  const tenant = TenantId.safeParse(tenant_id)
  if (!tenant.success) return {}
  const found = await db.selectFrom('tenants').select('id').where('id', '=', tenant.data).executeTakeFirst()
  return found ? { tenant_id: found.id } : {}
}
