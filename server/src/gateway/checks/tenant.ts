import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The tenant that a request names, in the path or in the query, is the session's own. */
export const checkTenant: Check = ({ facts, route, parameters, query }) => {
  const own = facts?.tenant_id
  const bound = route?.tenant_index === undefined ? own : decode(parameters[route.tenant_index] ?? '')
  if (own === undefined || bound !== own) throw new Refusal('other_tenant')
  if (query.some(({ names_tenant, value }) => names_tenant && decode(value) !== own)) throw new Refusal('other_tenant')
}
