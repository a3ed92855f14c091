import { like, oneOf, searchOf, text } from '../../search.ts'
import type { AuditSearch } from './search.ts'

/** The filters as the address has them. Lists are read on the page, by the schema that the server has. */
export const readAuditSearch = searchOf({
  last: oneOf(['1h', '24h', '7d']),
  reads: oneOf(['shown']),
  event: like(/^\d{1,15}$/),
  category: text(),
  action: text(),
  actor_id: text(),
  resource_type: text(),
  target_id: text(),
  tenant_id: text(),
  session_id: text(),
  request_id: text(),
  ticket: text(),
  result: text(),
  text: text(),
  from: text(),
  to: text(),
} satisfies Record<keyof AuditSearch, unknown>)
