import type { Admission } from '../sessions/admit.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { formatAsk } from '../sessions/record-admissions.ts'
import type { Claims } from './assertion.ts'
import { draftAdmitted } from './entries.ts'
import type { Exchange } from './exchange.ts'
import type { Admitted, Writer } from './writer.ts'

type Needs = { admission: Admission; writer: Writer; claims: Claims }

/** Asks for the request to be admitted: recorded, or refused with the reason. Answers until when, and with what assertion. */
export const admit = async ({ admission, writer, claims }: Needs, exchange: Exchange): Promise<Admitted> => {
  const { facts, route } = exchange
  if (!facts || !route) throw new Error('the checks have not passed')
  const attempt = (current: SessionFacts) => {
    exchange.facts = current
    const ask = formatAsk(current, route.scope, exchange.view_id)
    return writer.admit(draftAdmitted(exchange, current), ask, claims(exchange, current, route.scope))
  }
  return admission.admit(facts, attempt, exchange.view_id)
}
