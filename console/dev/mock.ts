import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { actionNames, actions } from '@countersign/contract/actions.ts'
import { type ErrorCode, errorCatalogue } from '@countersign/contract/errors.ts'
import { type EventFilter, parseFilter, passes } from '@countersign/contract/event-filter.ts'
import { EventFilters } from '@countersign/contract/events.ts'
import { CreateSession, ListSessions, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { ListTenants, type Tenant } from '@countersign/contract/tenants.ts'
import type { User } from '@countersign/contract/users.ts'
import type { Plugin } from 'vite'
import { foldAccess } from '../src/pages/sessions/fold.ts'
import * as data from './data.ts'
import * as health from './health.ts'

/**
 * A stand-in for the server, for work on the console alone: `npm run dev -w console`. It is no part of the build.
 * The cookie or query `mock` chooses a mode: empty, slow, error, forbidden, many, none (no signal ever), stale (no signal now).
 */
type Mode = 'full' | 'empty' | 'slow' | 'error' | 'forbidden' | 'many' | 'issuer' | 'none' | 'stale'
type Call = { url: URL; method: string; body: unknown; mode: Mode; login: string | null; headers: IncomingMessage['headers'] }

class Refused extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode) {
    super(code)
    this.code = code
  }
}

const many: Tenant[] = Array.from({ length: 10_000 }, (_, at) => ({
  ...(data.tenants[at % data.tenants.length] as Tenant),
  id: `tnt_many_${at}`,
  name: `${data.tenants[at % data.tenants.length]?.name} ${at}`,
}))

const cookie = (request: IncomingMessage, name: string) => new RegExp(`(?:^|; )${name}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1]
const matches = (text: string, query: string) => text.toLowerCase().includes(query.toLowerCase())

const page = <T>(items: readonly T[], url: URL) => {
  const limit = Number(url.searchParams.get('limit') ?? 50)
  const from = Number(url.searchParams.get('cursor') ?? 0)
  return { items: items.slice(from, from + limit), next_cursor: from + limit < items.length ? String(from + limit) : null }
}

const current = (session: Session): Session => {
  const left = Math.max(0, Math.round((Date.parse(session.expires_at) - Date.now()) / 1000))
  if (session.status !== 'ACTIVE' || left > 0) return { ...session, remaining_seconds: session.status === 'ACTIVE' ? left : 0 }
  return { ...session, status: 'EXPIRED', standing: 'expired', ended_at: session.expires_at, ended_by: 'expiry', remaining_seconds: 0 }
}

const filtersOf = (url: URL): EventFilter =>
  parseFilter(Object.fromEntries([...url.searchParams].filter(([name]) => name in EventFilters.shape)))

const personOf = (call: Call) => {
  const person = data.people.find((each) => each.login === call.login)
  if (!person) throw new Refused('not_signed_in')
  return person
}
const requireConsole = (call: Call) => {
  const person = personOf(call)
  if (call.mode === 'forbidden' || !person.roles.some((role) => (consoleRoles as readonly string[]).includes(role)))
    throw new Refused('role_missing')
  return person
}

const allRead = { count: 0, rows: [] }

const listTenants = ({ url, mode }: Call) => {
  const { query, status, sort, order } = ListTenants.parse(Object.fromEntries(url.searchParams))
  const all = mode === 'empty' ? [] : mode === 'many' ? many : data.tenants
  const found = all
    .filter((tenant) => (!query || matches(tenant.name, query) || tenant.id === query) && (!status || tenant.status === status))
    .sort((a, b) => String(a[sort] ?? '').localeCompare(String(b[sort] ?? ''), 'en', { numeric: true }) * (order === 'asc' ? 1 : -1))
  const directory = { address: 'https://api.acme.example/countersign', trouble: null, unreadable: allRead }
  const synced_at = mode === 'empty' ? null : new Date(Date.now() - 12_000).toISOString()
  return { ...page(found, url), total: found.length, synced_at, directory }
}

const tenantsOf = (mode: Mode): readonly Tenant[] => (mode === 'empty' ? [] : mode === 'many' ? many : data.tenants)
const signalsOf = (mode: Mode): 'none' | 'stale' | 'live' => (mode === 'none' || mode === 'stale' ? mode : 'live')

const readOverview = ({ url, mode }: Call) => {
  const { rows, ...rest } = health.overview(tenantsOf(mode), Object.fromEntries(url.searchParams), signalsOf(mode))
  const { directory, synced_at } = listTenants({ url: new URL('http://mock/'), mode } as Call)
  return { ...page(rows, url), ...rest, directory, synced_at }
}

const listSessions = ({ url, mode }: Call) => {
  const { status, tenant_id, staff_id } = ListSessions.parse(Object.fromEntries(url.searchParams))
  const all = mode === 'empty' ? [] : data.sessions.map(current)
  const found = all.filter(
    (s) => (!status || s.status === status) && (!tenant_id || s.tenant_id === tenant_id) && (!staff_id || s.staff_id === staff_id),
  )
  const count = (wanted: Session['status']) => all.filter((session) => session.status === wanted).length
  const unusable = all.filter(({ status, standing }) => status === 'ACTIVE' && standing !== 'usable').length
  return { ...page(found, url), counters: { active: count('ACTIVE'), revoked: count('REVOKED'), expired: count('EXPIRED'), unusable } }
}

const findSession = (id: string): Session => {
  const session = data.sessions.find((each) => each.id === id)
  if (!session) throw new Refused('not_found')
  return session
}

const createSession = (call: Call) => {
  const person = requireConsole(call)
  const parsed = CreateSession.safeParse(call.body)
  if (!parsed.success) throw new Refused('reason_too_short')
  const input = parsed.data
  const issued = Date.now()
  const expires_at = new Date(issued + input.ttl_minutes * 60_000).toISOString()
  const scopes = input.scopes.flatMap((scope) => data.catalogue.presets.find((preset) => preset.name === scope)?.scopes ?? [scope])
  const tenant = [...data.tenants, ...many].find((each) => each.id === input.tenant_id)
  const session: Session = {
    id: data.newId('ses', issued),
    status: 'ACTIVE',
    standing: 'usable',
    tenant_id: input.tenant_id,
    tenant_name: tenant?.name ?? null,
    target_user_id: input.target_user_id ?? null,
    target_user_label: data.users.find((user) => user.id === input.target_user_id)?.email ?? null,
    staff_id: data.staffOf(person).id,
    staff_email: person.email,
    reason: input.reason,
    ticket: input.ticket ?? null,
    scopes,
    issued_at: new Date(issued).toISOString(),
    expires_at,
    idle_at: new Date(issued + 600_000).toISOString(),
    idle_minutes: 10,
    ended_at: null,
    ended_by: null,
    revoked_at: null,
    revoked_by: null,
    revocation_reason: null,
    requests: 0,
    remaining_seconds: input.ttl_minutes * 60,
  }
  data.sessions.unshift(session)
  data.append({
    action: 'SUPPORT_SESSION.CREATED',
    result: 'ok',
    actor: data.staffActor(person),
    tenant_id: session.tenant_id,
    session_id: session.id,
    target: { kind: 'session', id: session.id },
    reason: session.reason ?? '',
    details: { scopes: session.scopes, ttl_minutes: input.ttl_minutes, expires_at, policy: data.mockPolicy },
  })
  return {
    session,
    token: `css_${Buffer.from(createHash('sha256').update(session.id).digest()).toString('base64url')}`,
    gateway_url: 'http://localhost:4001',
  }
}

const revokeSession = (call: Call, id: string) => {
  const person = requireConsole(call)
  const session = findSession(id)
  if (current(session).status !== 'ACTIVE') return current(session)
  const at = new Date().toISOString()
  const reason = (call.body as { reason?: string }).reason ?? null
  Object.assign(session, {
    status: 'REVOKED',
    standing: 'revoked',
    ended_at: at,
    revoked_at: at,
    ended_by: 'opener',
    revoked_by: person.email,
    revocation_reason: reason,
  })
  data.append({
    action: 'SUPPORT_SESSION.REVOKED',
    result: 'ok',
    actor: data.staffActor(person),
    tenant_id: session.tenant_id,
    session_id: id,
    target: { kind: 'session', id },
    ...(reason ? { reason } : {}),
    details: { revoked_by: 'opener' },
  })
  return current(session)
}

const narrowUsers = (users: User[], asked: URLSearchParams): User[] => {
  const [query = '', status, role, sort] = ['query', 'status', 'role', 'sort'].map((name) => asked.get(name) ?? undefined)
  const found = users.filter(
    (user) =>
      (matches(user.email, query) || matches(user.name, query)) && (!status || user.status === status) && (!role || user.role === role),
  )
  if (!sort) return found
  const way = asked.get('order') === 'desc' ? -1 : 1
  return found.sort((a, b) => way * String(a[sort as keyof User] ?? '').localeCompare(String(b[sort as keyof User] ?? '')))
}

const openUser = (call: Call, id: string) => {
  const person = requireConsole(call)
  const user = data.users.find((each) => each.id === id)
  if (!user) throw new Refused('not_found')
  const ticket = call.url.searchParams.get('ticket')
  const event = data.append({
    action: 'CONSOLE.OPENED',
    result: 'ok',
    actor: data.staffActor(person),
    tenant_id: user.tenant_id,
    target: { kind: 'user', id, label: user.email },
    ...(ticket ? { ticket } : {}),
  })
  const opened = { event_id: event.id, by: data.staffOf(person), at: event.occurred_at, ticket, read_only: true, break_glass: false }
  const isEmpty = call.mode === 'empty'
  return {
    user,
    tenant: data.tenants.find((each) => each.id === user.tenant_id) ?? null,
    account: isEmpty
      ? null
      : {
          email_verified: user.status !== 'invited',
          may_authorize: user.role === 'owner' || user.role === 'admin',
          invited_at: user.status === 'invited' ? user.created_at : null,
          failed_sign_ins: user.id.charCodeAt(5) % 4,
          last_failed_at: user.last_seen_at,
          locked: null,
          sso: null,
          time_zone: 'Europe/Berlin',
        },
    factors: isEmpty ? [] : data.factorsOf(user),
    sessions: isEmpty ? [] : data.userSessionsOf(user),
    unreadable: { factors: allRead, sessions: allRead, account: allRead },
    opened,
  }
}

const readMe = (call: Call) => {
  const person = personOf(call)
  if (person.roles.length === 0) throw new Refused('no_role')
  const at = Date.now()
  const iso = (ms: number) => new Date(at + ms).toISOString()
  return {
    staff: data.staffOf(person),
    idle_expires_at: iso(900_000),
    expires_at: iso(8 * 3_600_000),
    now: iso(0),
    local_sign_in: true,
    example_data: true,
    gateway_url: 'http://localhost:4001',
    views: true,
    product_name: 'Acme',
    ticket_url: 'https://desk.example/tickets/{id}',
    end_with_sign_out: true,
  }
}

const searchUsers = (call: Call) => {
  requireConsole(call)
  const query = call.url.searchParams.get('query') ?? ''
  const found =
    call.mode === 'empty' ? [] : data.users.filter((user) => matches(user.email, query) || matches(user.name, query) || user.id === query)
  return {
    items: found
      .slice(0, Number(call.url.searchParams.get('limit') ?? 20))
      .map((user) => ({ ...user, tenant_name: data.tenants.find((tenant) => tenant.id === user.tenant_id)?.name ?? null })),
    unreadable: allRead,
  }
}

const readLog = () => ({
  size: data.events.length,
  pending: Math.floor(Math.random() * 2),
  root: createHash('sha256').update(String(data.events.length)).digest('base64'),
  signed_at: new Date(Date.now() - 600).toISOString(),
  key: 'localhost/countersign+1f3ab290+AcH7kQp1s5Vv1k0o3t3H3T1m1m3E2sX0Qm7b8P0H9xkD',
  state: 'live',
  note: null,
})

const listEvents = ({ url, mode }: Call) =>
  page(mode === 'empty' ? [] : data.events.filter((event) => passes(filtersOf(url), event)).reverse(), url)
const countEvents = ({ url }: Call) => {
  const { length: size } = data.events
  return { count: data.events.filter((event) => passes(filtersOf(url), event)).length, is_exact: true, size }
}
const accessLog = ({ url, mode }: Call, id: string) =>
  page(
    mode === 'empty'
      ? []
      : foldAccess(
          [],
          data.events.filter((event) => event.session_id === id),
        ),
    url,
  )

const listActions = ({ url }: Call) => {
  const names = actionNames.filter((name) => actions[name].target === url.searchParams.get('kind'))
  const items = names.map((action) => ({
    ...data.explain({ action }),
    effect: actions[action].effect,
    supported: action !== 'send_magic_link',
    off: false,
    allowed_roles: true,
  }))
  return { items, step_up: false, signature: 'passkey' }
}

const listRequests = (call: Call) => {
  const me = data.staffOf(personOf(call)).id
  const all = call.mode === 'empty' ? [] : data.requests
  const isMine = ({ requester }: ActionRequest) => requester.id === me
  const waiting = all.filter((request) => request.state === 'pending' && !isMine(request))
  const view = call.url.searchParams.get('view')
  const found = view === 'mine' ? all.filter(isMine) : view === 'decided' ? all.filter(({ state }) => state !== 'pending') : waiting
  const target = call.url.searchParams.get('target_id')
  return { ...page(target ? found.filter((request) => request.target.id === target) : found, call.url), waiting: waiting.length }
}

/** What needs a signature or the product is not here. */
const decide = (id: string, change: Partial<ActionRequest>) => Object.assign(one(data.requests, id), change)

type Answer = (call: Call, ...ids: string[]) => unknown
const one = <T extends { id: string }>(all: readonly T[], id: string): T => {
  const found = all.find((each) => each.id === id)
  if (!found) throw new Refused('not_found')
  return found
}
const staffOnly =
  (answer: Answer): Answer =>
  (call, ...ids) => {
    requireConsole(call)
    return answer(call, ...ids)
  }
const staffOrAuditor =
  (answer: (call: Call) => unknown): Answer =>
  (call) => {
    personOf(call)
    return answer(call)
  }
const routes: readonly [method: string, path: RegExp, answer: Answer][] = [
  [
    'GET',
    /^\/api\/sign-in\/options$/,
    ({ mode }) =>
      mode === 'issuer' ? { local_people: null, issuer: 'login.example.test' } : { local_people: data.people, issuer: 'localhost' },
  ],
  ['GET', /^\/api\/me$/, readMe],
  ['GET', /^\/api\/log$/, readLog],
  ['GET', /^\/api\/tenants$/, staffOnly(listTenants)],
  ['GET', /^\/api\/overview$/, staffOnly(readOverview)],
  ['GET', /^\/api\/insights$/, staffOrAuditor(({ url, mode }) => health.insights(Number(url.searchParams.get('weeks')), mode === 'empty'))],
  [
    'GET',
    /^\/api\/tenants\/([^/]+)\/health$/,
    staffOnly(({ url, mode }, id = '') =>
      health.tenantHealth(one([...data.tenants, ...many], id), url.searchParams.get('window') ?? '24h', signalsOf(mode)),
    ),
  ],
  ['POST', /^\/api\/sessions\/avoided$/, () => undefined],
  ['GET', /^\/api\/tenants\/([^/]+)$/, staffOnly((_, id = '') => one([...data.tenants, ...many], id))],
  [
    'GET',
    /^\/api\/tenants\/([^/]+)\/users$/,
    staffOnly(({ url, mode }, id) => ({
      ...page(
        mode === 'empty'
          ? []
          : narrowUsers(
              data.users.filter((user) => user.tenant_id === id),
              url.searchParams,
            ),
        url,
      ),
      unreadable: allRead,
      is_narrowable: true,
      roles: ['admin', 'member', 'owner'],
    })),
  ],
  [
    'GET',
    /^\/api\/tenants\/([^/]+)\/details$/,
    staffOnly(({ mode }, id) => ({
      details:
        mode === 'empty'
          ? null
          : {
              authorizers: data.users
                .filter((user) => user.tenant_id === id)
                .slice(0, 3)
                .map(({ id: userId, name, email }, at) => ({ id: userId, name, email, role: at === 0 ? 'owner' : 'admin' })),
              seats_used: 138,
              seats_total: 150,
              sso: 'Okta',
              sso_required: true,
              time_zone: 'Europe/Berlin',
            },
    })),
  ],
  ['GET', /^\/api\/users$/, searchUsers],
  ['GET', /^\/api\/users\/([^/]+)$/, (call, id = '') => openUser(call, id)],
  ['GET', /^\/api\/scopes$/, staffOnly(() => data.catalogue)],
  ['GET', /^\/api\/sessions$/, staffOnly(listSessions)],
  ['POST', /^\/api\/sessions$/, createSession],
  ['GET', /^\/api\/sessions\/([^/]+)$/, staffOnly((_, id = '') => current(findSession(id)))],
  ['POST', /^\/api\/sessions\/([^/]+)\/revocation$/, (call, id = '') => revokeSession(call, id)],
  ['GET', /^\/api\/sessions\/([^/]+)\/access-log$/, staffOnly((call, id = '') => accessLog(call, id))],
  ['GET', /^\/api\/actions\/catalogue$/, listActions],
  ['POST', /^\/api\/actions\/explain$/, ({ body }) => data.explain(body as Parameters<typeof data.explain>[0])],
  ['GET', /^\/api\/actions$/, listRequests],
  ['GET', /^\/api\/actions\/([^/]+)$/, (_, id = '') => one(data.requests, id)],
  ['POST', /^\/api\/actions\/([^/]+)\/cancellation$/, (_, id = '') => decide(id, { state: 'cancelled' })],
  ['GET', /^\/api\/me\/passkeys$/, (call) => ({ items: call.mode === 'empty' ? [] : data.passkeysOf(personOf(call)) })],
  ['GET', /^\/api\/passkeys\/waiting$/, () => ({ items: data.passkeysOf(data.people[0] as (typeof data.people)[number]).slice(1) })],
  ['GET', /^\/api\/audit$/, staffOrAuditor(listEvents)],
  ['GET', /^\/api\/audit\/count$/, staffOrAuditor(countEvents)],
]

const send = (response: ServerResponse, status: number, body: unknown, type = 'application/json') => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
const sendProblem = (response: ServerResponse, code: ErrorCode) => {
  const { status, title, hint } = errorCatalogue[code]
  send(
    response,
    status,
    { type: `https://example.test/problems/${code}`, title, status, code, hint, request_id: data.newId('req') },
    'application/problem+json',
  )
}

const stream = ({ url, headers }: Call, request: IncomingMessage, response: ServerResponse) => {
  const filters = filtersOf(url)
  let next = Number(headers['last-event-id'] ?? url.searchParams.get('after') ?? data.events.length - 1) + 1
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('event: ready\ndata: {}\n\n')
  const timer = setInterval(() => {
    for (; next < data.events.length; next += 1) {
      const event = data.events[next]
      if (event && passes(filters, event)) response.write(`id: ${event.log_index}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`)
    }
  }, 200)
  request.on('close', () => clearInterval(timer))
}

const changes = (request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('event: ready\ndata: {}\n\n')
  const timer = setInterval(() => response.write('event: changed\ndata: {}\n\n'), 5_000)
  request.on('close', () => clearInterval(timer))
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  let text = ''
  for await (const piece of request) text += piece
  return text ? JSON.parse(text) : {}
}

const auth = (url: URL, response: ServerResponse) => {
  if (url.pathname === '/auth/sign-in') {
    const mode = url.searchParams.get('mock')
    response.writeHead(303, {
      location: url.searchParams.get('return_to') ?? '/',
      'set-cookie': [`mock_staff=${url.searchParams.get('as') ?? 'mira'}; Path=/`, ...(mode ? [`mock=${mode}; Path=/`] : [])],
    })
  } else response.writeHead(204, { 'set-cookie': 'mock_staff=; Path=/; Max-Age=0' })
  response.end()
}

const handle = async (request: IncomingMessage, response: ServerResponse, next: () => void) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname.startsWith('/auth/')) return auth(url, response)
  if (!url.pathname.startsWith('/api/')) return next()
  const mode = (url.searchParams.get('mock') ?? cookie(request, 'mock') ?? 'full') as Mode
  const call: Call = {
    url,
    method: request.method ?? 'GET',
    body: await readBody(request),
    mode,
    login: cookie(request, 'mock_staff') || null,
    headers: request.headers,
  }
  try {
    if (url.pathname === '/api/overview/stream') return changes(request, response)
    if (url.pathname === '/api/audit/stream') return stream(call, request, response)
    const isFrame = /^\/api\/(me|log|sign-in)/.test(url.pathname)
    if (mode === 'error' && !isFrame) throw new Refused('store_unavailable')
    if (mode === 'slow' && !isFrame) await new Promise((resolve) => setTimeout(resolve, 60_000))
    for (const [method, path, answer] of routes) {
      const found = call.method === method ? path.exec(url.pathname) : null
      if (found)
        return send(
          response,
          method === 'POST' && url.pathname === '/api/sessions' ? 201 : 200,
          answer(call, ...found.slice(1).map(decodeURIComponent)),
        )
    }
    throw new Refused('not_found')
  } catch (error) {
    sendProblem(response, error instanceof Refused ? error.code : 'internal')
    if (!(error instanceof Refused)) console.error(error)
  }
}

/** What the real server sends with every answer, so that a preview meets the same policy. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const keepHappening = () =>
  setInterval(() => {
    const active = data.sessions.filter((session) => current(session).status === 'ACTIVE')
    if (active.length > 0) data.appendRequest(data.pick(active), Date.now())
  }, 1500).unref()

export const mock = (): Plugin => ({
  name: 'countersign-mock',
  configureServer(server) {
    keepHappening()
    server.middlewares.use((request, response, next) => void handle(request, response, next))
  },
  configurePreviewServer(server) {
    keepHappening()
    server.middlewares.use((request, response, next) => {
      response.setHeader('content-security-policy', policy)
      void handle(request, response, next)
    })
  },
})
