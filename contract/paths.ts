/**
 * The addresses of the console's pages, as router patterns. The server answers each with the console's one page; the
 * console builds its links from the same list.
 */
export const consolePaths = {
  home: '/',
  go: '/go',
  signIn: '/sign-in',
  tenants: '/tenants',
  tenant: '/tenants/:tenant_id',
  users: '/users',
  user: '/users/:user_id',
  sessions: '/sessions',
  session: '/sessions/:session_id',
  view: '/sessions/:session_id/view',
  approvals: '/approvals',
  approval: '/approvals/:request_id',
  audit: '/audit',
  insights: '/insights',
  delivery: '/settings/delivery',
  keys: '/keys',
} as const
