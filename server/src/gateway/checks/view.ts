import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** Which view the cookie belongs to: one of this origin, and no other. Whether view and session are still open the admission decides. */
export const checkView: Check = async (exchange, gate) => {
  const { place, token_hash } = exchange
  const view = await gate.handOver.find(token_hash)
  if (!view) throw new Refusal('view_refused')
  exchange.facts = await gate.findFacts(view.token_hash)
  if (!exchange.facts || view.label !== place?.label || view.upstream !== place.upstream) throw new Refusal('view_refused')
  exchange.view_id = view.id
}
