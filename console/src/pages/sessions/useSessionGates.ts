import { useQuery } from '@tanstack/react-query'
import { actionTableQuery } from '../../api/actions.ts'

/** What the policy asks of whoever opens a session on a tenant, or on one user of it. */
export const useSessionGates = (tenantId: string, userId: string | undefined) => {
  const target = userId === undefined ? ({ kind: 'tenant', id: tenantId } as const) : ({ kind: 'user', id: userId } as const)
  const { data: table } = useQuery(actionTableQuery(target))
  const row = table?.items.find(({ action }) => action === (userId === undefined ? 'open_session' : 'impersonate'))
  const needs = (gate: string) => row?.requirements.some((requirement) => requirement.gate === gate) ?? false
  return { isKnown: row !== undefined, asksApproval: needs('approval'), needsSignature: needs('step_up'), needsTicket: needs('ticket') }
}
