import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** Exactly one declared route by method and pattern; what is not declared is denied. */
export const checkRoute: Check = (exchange, gate) => {
  const found = gate.routes.find(exchange.method, exchange.path)
  // In a browser each upstream has an origin of its own.
  if (!found || (exchange.place && exchange.place.upstream !== found.route.upstream)) throw new Refusal('route_undeclared')
  exchange.route = found.route
  exchange.parameters = found.parameters
}
