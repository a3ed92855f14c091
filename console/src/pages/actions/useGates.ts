import type { Explanation } from '@countersign/contract/actions.ts'
import { isReason, Ticket } from '@countersign/contract/text.ts'
import { useQuery } from '@tanstack/react-query'
import { type Attempt, explainQuery } from '../../api/actions.ts'
import { useSettled } from '../../ui/useSettled.ts'

/** What is typed, as far as it has the form that the server accepts. */
export const wellFormed = ({ reason, ticket, ...rest }: Attempt): Attempt => {
  const parsed = Ticket.safeParse(ticket ?? '')
  const trimmed = reason?.normalize('NFC').trim() ?? ''
  return {
    ...rest,
    ...(isReason(trimmed) ? { reason: trimmed } : {}),
    ...(parsed.success ? { ticket: parsed.data } : {}),
  }
}

export type Gates = {
  explanation: Explanation | undefined
  error: unknown
  again: () => void
  /** What still keeps the button from being pressed; null where nothing does. */
  missing: string | null
  /** Whether an approval is to be asked for. */
  asksApproval: boolean
  /** Whether pressing the button asks for a signature over this very attempt. */
  needsSignature: boolean
}

const isMetByButton = ({ risk }: Explanation, gate: string) => gate === 'approval' || (gate === 'step_up' && risk === 'high')

/** Which gates an attempt meets, by the server's own word. */
export const useGates = (attempt: Attempt): Gates => {
  const typed = JSON.stringify(attempt)
  const settled = useSettled(typed, 200)
  const { data: explanation, error, refetch, isFetching } = useQuery(explainQuery(JSON.parse(settled) as Attempt))
  const unmet = explanation?.requirements.filter(({ met }) => !met) ?? []
  const isUnmet = (gate: string) => unmet.some((requirement) => requirement.gate === gate)
  const open = explanation ? unmet.filter(({ gate }) => !isMetByButton(explanation, gate)) : []
  const isKnown = explanation !== undefined && typed === settled && !isFetching
  return {
    explanation,
    error,
    again: () => void refetch(),
    missing: open.length > 0 ? open.map(({ note }) => note).join(', ') : isKnown ? null : 'checking what it needs',
    asksApproval: isUnmet('approval'),
    needsSignature: isUnmet('step_up') && explanation?.risk === 'high',
  }
}
