import type { Admission } from '../sessions/admit.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { formatAsk } from '../sessions/record-admissions.ts'
import type { Claims } from './assertion.ts'
import { draftAdmitted } from './entries.ts'
import type { Exchange } from './exchange.ts'
import type { Admitted, Writer } from './writer.ts'

type Needs = { admission: Admission; writer: Writer; claims: Claims }

/**
 * Asks for the request to be admitted: recorded, or refused with the reason. Answers until when, and with what assertion. A static
 * file has none: the product is not told who asks, and cannot answer for them.
 */
export const admit = async ({ admission, writer, claims }: Needs, exchange: Exchange): Promise<Admitted> => {
  const { facts, route } = exchange
  if (!facts || !route) throw new Error('the checks have not passed')
  const attempt = (current: SessionFacts) => {
    exchange.facts = current
    const { scope } = route
    const claim = scope === null ? undefined : claims(exchange, current, scope)
    return writer.admit(draftAdmitted(exchange, current), formatAsk(current, scope, exchange.view_id), claim)
  }
  return admission.admit(facts, attempt, exchange.view_id)
}
