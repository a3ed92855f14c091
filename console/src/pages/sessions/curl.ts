import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import { shellQuote } from '../../ui/format.ts'

type Route = ScopeCatalogue['scopes'][number]['routes'][number]
type Target = { tenantId: string; userId?: string | null }

const tenantParameter =
  /^:(tenant|tenant_id|org|organization|organization_id|account|account_id|workspace|workspace_id|customer|customer_id)$/
const userParameter = /^:(user|user_id)$/

/** Parameters that the session itself answers are filled in; others stay as they are, for the person to fill. */
export const fillPath = (path: string, { tenantId, userId }: Target): string =>
  path
    .split('/')
    .map((part) =>
      tenantParameter.test(part) ? encodeURIComponent(tenantId) : userId && userParameter.test(part) ? encodeURIComponent(userId) : part,
    )
    .join('/')

/** A program asks the API, where the product has pages too. */
const looksLikePage = (path: string): number => (/^\/(?:v\d+|api)\//.test(path) ? 0 : 1)
const openParameters = (path: string) => path.split('/').filter((part) => part.startsWith(':')).length

/** The routes that read, are granted and answer at once: those first that leave the least to fill in. */
const plainRoutes = (catalogue: ScopeCatalogue, scopes: readonly string[], target: Target): Route[] =>
  catalogue.scopes
    .filter(({ scope }) => scopes.includes(scope) && scope.endsWith(':read'))
    .flatMap(({ routes }) => routes)
    .filter(({ method, stream }) => method === 'GET' && stream === undefined)
    .map((route) => ({ ...route, path: fillPath(route.path, target) }))
    .sort((a, b) => openParameters(a.path) - openParameters(b.path) || a.path.length - b.path.length)

/** The route to show as an example to a program. */
export const exampleRoute = (catalogue: ScopeCatalogue, scopes: readonly string[], target: Target): Route | undefined =>
  plainRoutes(catalogue, scopes, target).sort((a, b) => looksLikePage(a.path) - looksLikePage(b.path))[0]

/** The page to show first to a person. */
export const plainestPage = (catalogue: ScopeCatalogue, scopes: readonly string[], target: Target): Route | undefined =>
  plainRoutes(catalogue, scopes, target).sort((a, b) => looksLikePage(b.path) - looksLikePage(a.path))[0]

/** A command that can be pasted into a shell: whatever an id contains, it is data there. */
export const formatCurl = (gatewayUrl: string, path: string, token: string): string =>
  `curl -H ${token.startsWith('$') ? `"Authorization: Bearer ${token}"` : shellQuote(`Authorization: Bearer ${token}`)} \\\n  ${shellQuote(`${gatewayUrl.replace(/\/$/, '')}${path}`)}`
