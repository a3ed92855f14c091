import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** S13: the session holds the scope that the route needs, if it needs one. The admission asks the database the same. */
export const checkScope: Check = ({ facts, route }) => {
  const needed = route?.scope
  if (needed === null) return
  if (needed === undefined || !facts?.scopes.has(needed)) throw new Refusal('scope_missing', { scope: needed })
}
