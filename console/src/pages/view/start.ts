import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import { exampleRoute } from '../sessions/curl.ts'
import { findRoute } from './routes.ts'

/** Where the product begins: at its root, where that is declared, else at the plainest route that the session may read. */
export const startPath = (catalogue: ScopeCatalogue, { scopes, tenant_id, target_user_id }: Session): string =>
  findRoute(catalogue, 'GET', '/') ? '/' : (exampleRoute(catalogue, scopes, { tenantId: tenant_id, userId: target_user_id })?.path ?? '/')
