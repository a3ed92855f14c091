import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** The Host header must be the gateway's own authority, exactly; names are case-insensitive and nothing else is. */
export const checkHost: Check = ({ headers }, gate) => {
  const host = headers.get('host')
  if (host === undefined || !gate.authorities.has(host.toLowerCase())) throw new Refusal('host_refused')
}
