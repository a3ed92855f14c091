import { Refusal } from '../../errors.ts'
import { hashAddress } from '../../sessions/address.ts'
import type { Check } from '../exchange.ts'

/** Where a session is bound to the address that it was opened from, it is used from there. It is the connection's: no header decides. */
export const checkAddress: Check = ({ facts, request }) => {
  if (!facts || facts.address_hash === null) return
  if (hashAddress(facts.id, request.socket.remoteAddress).toString('hex') !== facts.address_hash) throw new Refusal('address_refused')
}
