import { Refusal } from '../../errors.ts'
import type { SessionFacts } from '../../sessions/facts.ts'
import type { Check, Exchange } from '../exchange.ts'

const take = (exchange: Exchange, facts: SessionFacts | undefined): void => {
  if (!facts) throw new Refusal('token_refused')
  exchange.facts = facts
}

/** Which session the token belongs to. Whether it may still be used is decided by the admission, on the primary. */
export const checkSession: Check = (exchange, gate) => {
  const found = gate.findFacts(exchange.token_hash)
  return found instanceof Promise ? found.then((facts) => take(exchange, facts)) : take(exchange, found)
}
