import { Refusal } from '../errors.ts'
import type { FactsSource, SessionFacts } from '../sessions/facts.ts'
import { awaitRevocation } from '../sessions/order.ts'
import { findOver, type Over } from '../sessions/standing.ts'
import type { Store } from '../store/open.ts'
import type { Claims } from './assertion.ts'
import { draftAdmitted } from './entries.ts'
import type { Exchange } from './exchange.ts'
import type { Admitted, Writer } from './writer.ts'

type Needs = { store: Store; writer: Writer; facts: FactsSource; claims: Claims }

const attempt = (needs: Needs, exchange: Exchange, facts: SessionFacts, scope: string): Promise<Admitted | undefined> =>
  needs.writer.admit(draftAdmitted(exchange, facts), facts, scope, needs.claims(exchange, facts, scope))

/** Why the session may not be used now. A revocation that is under way is waited for: it decides. */
const findWhy = async (needs: Needs, sessionId: string): Promise<Over | undefined> => {
  await awaitRevocation(needs.store.db, sessionId)
  return (await findOver(needs.store, [sessionId])).get(sessionId)
}

/**
 * Asks the database to admit the request: recorded, or refused with the reason. Answers until when, and with what assertion.
 * A staff member's name or address that has changed since it was read is read again, once.
 */
export const admit = async (needs: Needs, exchange: Exchange): Promise<Admitted> => {
  const { facts, route } = exchange
  if (!facts || !route) throw new Error('the checks have not passed')
  const first = await attempt(needs, exchange, facts, route.scope)
  if (first) return first
  needs.facts.forget(facts.token_hash)
  const over = await findWhy(needs, facts.id)
  if (over) throw new Refusal(over)
  const fresh = await needs.facts.find(facts.token_hash)
  if (!fresh) throw new Refusal('token_refused')
  exchange.facts = fresh
  const second = await attempt(needs, exchange, fresh, route.scope)
  if (second) return second
  throw new Refusal((await findWhy(needs, facts.id)) ?? 'staff_not_allowed')
}
