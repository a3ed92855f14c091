import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** Exactly one declared route by method and pattern; what is not declared is denied. */
export const checkRoute: Check = (exchange, gate) => {
  const found = gate.routes.find(exchange.method, exchange.path)
  if (!found) throw new Refusal('route_undeclared')
  if (exchange.place && exchange.place.upstream !== found.route.upstream)
    throw new Refusal('route_undeclared', {
      detail: 'It is declared for another upstream; in a view each upstream has an origin of its own.',
    })
  exchange.route = found.route
  exchange.parameters = found.parameters
}
