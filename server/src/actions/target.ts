import type { ActionTarget } from '@countersign/contract/action-requests.ts'
import { findTenant } from '../directory/mirror.ts'
import { Refusal } from '../errors.ts'
import type { AttemptTarget } from '../policy/attempt.ts'
import type { JudgeCtx } from './needs.ts'

/** Whom an action is done to, as the directory says now. */
export type Found = {
  /** As the policy sees it. */
  target: AttemptTarget
  label: string
  tenant_id: string
  tenant_name: string | null
}

const sameAddress = (a: string, b: string): boolean => a.normalize('NFKC').toLowerCase() === b.normalize('NFKC').toLowerCase()

/** Whether somebody of the staff has this address: staff are not helped, or harmed, by way of an account of theirs. */
const isStaffAddress = async ({ store }: JudgeCtx, email: string): Promise<boolean> => {
  const rows = await store.db
    .selectFrom('staff')
    .select('id')
    .where((where) => where(where.fn<string>('lower', ['email']), '=', email.toLowerCase()))
    .limit(1)
    .execute()
  return rows.length > 0
}

const requireTenant = async ({ store }: JudgeCtx, id: string) => {
  const tenant = await findTenant(store.db, id)
  if (!tenant || tenant.deleted_at != null) throw new Refusal('not_found', { detail: 'There is no such tenant.' })
  return tenant
}

/** Finds a target, or refuses. A user is asked of the product, for this very act. */
export const requireTarget = async (ctx: JudgeCtx, { kind, id }: ActionTarget): Promise<Found> => {
  const { principal, connector } = ctx
  if (kind === 'tenant') {
    const { name, plan, region } = await requireTenant(ctx, id)
    return { target: { kind, id, tenantId: id, plan, region }, label: name, tenant_id: id, tenant_name: name }
  }
  const found = await connector.findUser(id, { sub: principal.id, email: principal.email })
  if (!found) throw new Refusal('not_found', { detail: 'There is no such user.' })
  const { tenant_id, email, role } = found.user
  const { name, plan, region } = await requireTenant(ctx, tenant_id)
  const isSelf = sameAddress(email, principal.email)
  const isStaff = isSelf || (await isStaffAddress(ctx, email))
  return { target: { kind, id, tenantId: tenant_id, plan, region, role, isSelf, isStaff }, label: email, tenant_id, tenant_name: name }
}
