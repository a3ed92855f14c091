import { errorCatalogue, isErrorCode } from '@countersign/contract/errors.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { AccessLogRow } from '@countersign/contract/sessions.ts'
import { findRoute, routeNamed } from './routes.ts'

/** Why something was refused, as it follows "The page tried to …:". */
const why: Partial<Record<keyof typeof errorCatalogue, string>> = {
  scope_missing: 'not in this session’s scopes',
  sink_blocked: 'no support session may do that, whatever its scopes',
  route_undeclared: 'that route is not declared for support',
  other_tenant: 'that belongs to another tenant',
  session_revoked: 'the session had been ended',
  session_expired: 'the session had expired',
  tenant_gone: 'the tenant is gone',
  staff_not_allowed: 'the person who opened the session may no longer use it',
  view_closed: 'the view had been closed',
  view_missing: 'this browser had not been admitted',
  view_refused: 'this browser had not been admitted',
  outside_frame: 'it was not inside the console',
  target_refused: 'its path has a form that is not accepted',
  method_refused: 'that method is not accepted',
  header_refused: 'it sent a header that is not accepted',
  host_refused: 'it asked for another host',
  body_refused: 'it sent a body where none is allowed',
  body_too_large: 'what it sent was too large',
  unsupported_media_type: 'it sent something of a kind that is not accepted',
  upgrade_refused: 'it asked for another protocol',
  too_many_requests: 'it asked too often',
  overloaded: 'the gateway had more requests than it could handle',
  shutting_down: 'the gateway was shutting down',
  request_timeout: 'what it sent did not arrive in time',
}

const elsewhere = 'that route is declared for another upstream, which has an origin of its own'

const lowerFirst = (text: string): string => `${text[0]?.toLowerCase() ?? ''}${text.slice(1)}`

const whyOf = (code: string | null): string => {
  if (code === null || !isErrorCode(code)) return 'it was refused'
  return why[code] ?? lowerFirst(errorCatalogue[code].title.replace(/\.$/, ''))
}

/** In a view each upstream has an origin of its own, at which its routes alone are. */
const isElsewhere = ({ via, method, path, code }: Refused, catalogue: ScopeCatalogue | undefined): boolean =>
  code === 'route_undeclared' &&
  via === 'browser' &&
  path !== null &&
  catalogue !== undefined &&
  findRoute(catalogue, method, path) !== undefined

type Refused = Pick<AccessLogRow, 'via' | 'method' | 'route' | 'path' | 'code'>

/** The route that it took, or would have taken where it was refused before that was looked at. */
const routeOf = ({ method, route, path, code }: Refused, catalogue: ScopeCatalogue | undefined) =>
  routeNamed(catalogue, method, route) ??
  (catalogue && path !== null && code !== 'route_undeclared' ? findRoute(catalogue, method, path) : undefined)

/** What a request does, in the words of its route; else method and route. */
const deedOf = (row: Refused, catalogue: ScopeCatalogue | undefined): string =>
  routeOf(row, catalogue)?.does ?? `${row.method} ${row.route ?? row.path?.split('?', 1)[0] ?? 'a path that was erased'}`

/** A refused request, for somebody on the phone. */
export const refusedSentence = (row: Refused, catalogue: ScopeCatalogue | undefined, who = 'The page'): string =>
  `${row.via === 'token' ? 'A request with the token' : who} tried to ${deedOf(row, catalogue)}: ${isElsewhere(row, catalogue) ? elsewhere : whyOf(row.code)}.`
