import { createRootRoute, createRoute, createRouter, Navigate, Outlet } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { canApprove, canUseConsole, useMe } from './api/me.ts'
import { readApprovalsSearch } from './pages/approvals/search.ts'
import { readAuditSearch } from './pages/audit/address.ts'
import { readGoSearch } from './pages/go/address.ts'
import { readInsightsSearch } from './pages/insights/search.ts'
import { readSessionSearch, readSessionsSearch } from './pages/sessions/search.ts'
import { NotFound } from './pages/shell/NotFound.tsx'
import { Shell } from './pages/shell/Shell.tsx'
import { readSignInSearch } from './pages/sign-in/search.ts'
import { readTenantSearch, readTenantsSearch } from './pages/tenants/search.ts'
import { readUserSearch, readUsersSearch } from './pages/users/search.ts'
import { readViewSearch } from './pages/view/search.ts'
import { formatSearch, parseSearch } from './search.ts'
import { lazyPart, notLoaded } from './ui/lazyPart.tsx'
import { FailedPage } from './ui/States.tsx'
import { TipHost } from './ui/Tip.tsx'
import { Toasts } from './ui/Toasts.tsx'

const lazyPage = (load: () => Promise<ComponentType<object>>) =>
  lazyPart(load, ({ onRetry }) => <FailedPage error={notLoaded()} onRetry={onRetry} />)

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toasts />
      <TipHost />
    </>
  ),
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => (
    <main>
      <FailedPage error={error} onRetry={reset} />
    </main>
  ),
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readSignInSearch,
  component: lazyPage(async () => (await import('./pages/sign-in/SignInPage.tsx')).SignInPage),
})

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

function Home() {
  const me = useMe()
  if (canUseConsole(me)) return <Navigate to="/tenants" replace />
  return canApprove(me) ? <Navigate to="/approvals" replace /> : <Navigate to="/audit" replace />
}
const home = createRoute({ getParentRoute: () => shell, path: '/', component: Home })

const go = createRoute({
  getParentRoute: () => shell,
  path: '/go',
  validateSearch: readGoSearch,
  component: lazyPage(async () => (await import('./pages/go/GoPage.tsx')).GoPage),
})
const tenants = createRoute({
  getParentRoute: () => shell,
  path: '/tenants',
  validateSearch: readTenantsSearch,
  component: lazyPage(async () => (await import('./pages/tenants/TenantsPage.tsx')).TenantsPage),
})
const tenant = createRoute({
  getParentRoute: () => shell,
  path: '/tenants/$tenantId',
  validateSearch: readTenantSearch,
  component: lazyPage(async () => (await import('./pages/tenants/TenantPage.tsx')).TenantPage),
})
const users = createRoute({
  getParentRoute: () => shell,
  path: '/users',
  validateSearch: readUsersSearch,
  component: lazyPage(async () => (await import('./pages/users/UsersPage.tsx')).UsersPage),
})
const user = createRoute({
  getParentRoute: () => shell,
  path: '/users/$userId',
  validateSearch: readUserSearch,
  component: lazyPage(async () => (await import('./pages/users/UserPage.tsx')).UserPage),
})
const sessions = createRoute({
  getParentRoute: () => shell,
  path: '/sessions',
  validateSearch: readSessionsSearch,
  component: lazyPage(async () => (await import('./pages/sessions/SessionsPage.tsx')).SessionsPage),
})
const session = createRoute({
  getParentRoute: () => shell,
  path: '/sessions/$sessionId',
  validateSearch: readSessionSearch,
  component: lazyPage(async () => (await import('./pages/sessions/SessionPage.tsx')).SessionPage),
})
const view = createRoute({
  getParentRoute: () => shell,
  path: '/sessions/$sessionId/view',
  validateSearch: readViewSearch,
  component: lazyPage(async () => (await import('./pages/view/ViewPage.tsx')).ViewPage),
})
const approvals = createRoute({
  getParentRoute: () => shell,
  path: '/approvals',
  validateSearch: readApprovalsSearch,
  component: lazyPage(async () => (await import('./pages/approvals/ApprovalsPage.tsx')).ApprovalsPage),
})
const approval = createRoute({
  getParentRoute: () => shell,
  path: '/approvals/$requestId',
  component: lazyPage(async () => (await import('./pages/approvals/RequestPage.tsx')).RequestPage),
})
const delivery = createRoute({
  getParentRoute: () => shell,
  path: '/settings/delivery',
  component: lazyPage(async () => (await import('./pages/delivery/DeliveryPage.tsx')).DeliveryPage),
})
const keys = createRoute({
  getParentRoute: () => shell,
  path: '/keys',
  component: lazyPage(async () => (await import('./pages/keys/KeysPage.tsx')).KeysPage),
})
const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: readAuditSearch,
  component: lazyPage(async () => (await import('./pages/audit/AuditPage.tsx')).AuditPage),
})

const insights = createRoute({
  getParentRoute: () => shell,
  path: '/insights',
  validateSearch: readInsightsSearch,
  component: lazyPage(async () => (await import('./pages/insights/InsightsPage.tsx')).InsightsPage),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    shell.addChildren([
      home,
      go,
      tenants,
      tenant,
      users,
      user,
      sessions,
      session,
      view,
      approvals,
      approval,
      keys,
      audit,
      insights,
      delivery,
    ]),
  ]),
  parseSearch,
  stringifySearch: formatSearch,
  defaultPreload: false,
  scrollRestoration: false,
  defaultErrorComponent: ({ error, reset }) => <FailedPage error={error} onRetry={reset} />,
})

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** A link of the ticket desk led here: stepping in is one key away. */
    isFromTicket?: boolean
  }
  interface Register {
    router: typeof router
  }
}
