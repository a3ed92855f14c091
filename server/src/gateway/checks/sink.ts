import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** What must never be reached in a support session, whatever its scopes and whatever else is declared. */
export const checkSink: Check = ({ method, path }, gate) => {
  if (gate.routes.isSink(method, path)) throw new Refusal('sink_blocked')
}
