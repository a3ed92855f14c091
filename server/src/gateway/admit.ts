import type { Admission, Needed } from '../sessions/admit.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { formatAsk } from '../sessions/record-admissions.ts'
import type { Claims } from './assertion.ts'
import { draftAdmitted } from './entries.ts'
import type { Exchange } from './exchange.ts'
import type { Admitted, Writer } from './writer.ts'

type Needs = {
  admission: Admission
  writer: Writer
  claims: Claims
  /** The roles that may have a scope; without one, all that open sessions. */
  rolesFor(scope: string | null): Needed['roles']
}

/** An admission, and what it was asked for: it holds no longer than the opener may have that. */
export type Passable = Admitted & { needed: Needed }

/**
 * Asks for the request to be admitted: recorded, or refused with the reason. Answers until when, and with what assertion. A static
 * file has none: the product is not told who asks, and cannot answer for them.
 */
export const admit = async ({ admission, writer, claims, rolesFor }: Needs, exchange: Exchange): Promise<Passable> => {
  const { facts, route } = exchange
  if (!facts || !route) throw new Error('the checks have not passed')
  const needed = { scope: route.scope, roles: rolesFor(route.scope), view_id: exchange.view_id }
  const attempt = (current: SessionFacts) => {
    exchange.facts = current
    const { scope } = route
    const claim = scope === null ? undefined : claims(exchange, current, scope)
    return writer.admit(draftAdmitted(exchange, current), formatAsk(current, needed, exchange.isByPerson), claim)
  }
  return { ...(await admission.admit(facts, needed, attempt)), needed }
}
