import { parseChoice } from '@countersign/contract/choice.ts'
import type { EventFilters } from '@countersign/contract/events.ts'
import { exportMaximum } from '@countersign/contract/exports.ts'

/** Why an export needs an auditor and a reason, if it does; the server decides. Sessions may be of several tenants: it knows. */
export const whyWide = ({ tenant_id, session_id }: EventFilters, count: number | undefined): 'tenants' | 'many' | undefined => {
  const names = (text: string | undefined): number => (text === undefined ? 0 : (parseChoice(text)?.any.length ?? 0))
  const narrowed = names(tenant_id) || names(session_id)
  if (narrowed !== 1) return 'tenants'
  return count !== undefined && count > exportMaximum ? 'many' : undefined
}
