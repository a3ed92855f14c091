import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import { plainestPage } from '../sessions/curl.ts'
import { findRoute } from './routes.ts'

type Viewed = Pick<Session, 'scopes' | 'tenant_id' | 'target_user_id'>

/** Where the product begins: where it is configured, or at its root, if the session may read that; else at the plainest page. */
export const startPath = (catalogue: ScopeCatalogue, { scopes, tenant_id, target_user_id }: Viewed): string => {
  const isOpen = (path: string) => scopes.includes(findRoute(catalogue, 'GET', path)?.scope ?? '')
  const known = [catalogue.start_page, '/'].find((path) => path !== undefined && isOpen(path))
  return known ?? plainestPage(catalogue, scopes, { tenantId: tenant_id, userId: target_user_id })?.path ?? '/'
}
