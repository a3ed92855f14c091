import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { type ActionName, actions, type Explanation, type TableGate } from '@countersign/contract/actions.ts'
import { categoryOf, type EventName, type EventResult, type LoggedEvent, type NewEventOf } from '@countersign/contract/events.ts'
import type { Passkey } from '@countersign/contract/passkeys.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import type { Role, Staff } from '@countersign/contract/staff.ts'
import { lifecycleStatuses, type Tenant } from '@countersign/contract/tenants.ts'
import type { Factor, User, UserSession } from '@countersign/contract/users.ts'

/** Stands for the hash of the policy that is in force. */
export const mockPolicy = 'c0ffee'.repeat(11).slice(0, 64)

/** Numbers that look random and are the same in every run. */
let state = 42
export const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
export const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
const hex = (length: number) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
export const newId = (prefix: string, at = Date.now()) => `${prefix}_${Math.floor(at).toString(16).padStart(12, '0')}7${hex(3)}8${hex(15)}`

const minute = 60_000
const day = 86_400_000
export const now = () => Date.now()
const iso = (at: number) => new Date(at).toISOString()

type Person = { login: string; name: string; email: string; roles: Role[] }
export const people: readonly Person[] = [
  { login: 'mira', name: 'Mira Lindqvist', email: 'mira@example-support.test', roles: ['support_admin'] },
  { login: 'tomas', name: 'Tomás Okafor', email: 'tomas@example-support.test', roles: ['super_admin'] },
  { login: 'priya', name: 'Priya Raman', email: 'priya@example-support.test', roles: ['support_admin', 'support_manager'] },
  { login: 'auden', name: 'Auden Weiss', email: 'auden@example-support.test', roles: ['auditor'] },
  { login: 'noor', name: 'Noor Haddad', email: 'noor@example-support.test', roles: [] },
]
const staffIds = new Map(people.map((person, at) => [person.login, `stf_${String(at + 1).repeat(32)}`]))
export const staffOf = (person: Person): Staff => ({
  id: staffIds.get(person.login) ?? '',
  email: person.email,
  name: person.name,
  roles: person.roles,
})

const long = (words: string) => words.repeat(Math.ceil(200 / words.length)).slice(0, 200)
const hostileNames = [
  'Evil\u202EmoC.exe Ltd',
  'Zero\u200bWidth\u00ad Holdings\ufeff',
  '<img src=x onerror=alert(1)>',
  "Robert'); DROP TABLE tenants;--",
  `Zalgo e${'\u0301\u0323'.repeat(40)} Industries`,
  '\x1b]8;;http://evil\x07click\x1b]8;;\x07',
  "=cmd|'/C calc'!A0",
  '\u3164\u2800',
  long('Very long name that never wants to end '),
  long('株式会社グローベックス東京本社営業部'),
  long('شركة غلوبكس المحدودة للتجارة '),
  long('Глобэкс Интернейшнл '),
  long('ग्लोबेक्स कॉर्पोरेशन '),
  long('Παγκόσμια Εταιρεία '),
]
const nouns = [
  'Acme',
  'Globex',
  'Initech',
  'Umbra',
  'Northwind',
  'Soylent',
  'Hooli',
  'Vandelay',
  'Stark',
  'Wayne',
  'Tyrell',
  'Cyberdyne',
  'Oscorp',
  'Aperture',
  'Contoso',
]
const kinds = ['Corp', 'Systems', 'Labs', 'Logistics', 'Health', 'Energy', 'Bank', 'Foods', 'Studio', 'Retail', 'Media', 'Robotics']
const firsts = [
  'Ada',
  'Eve',
  'Jun',
  'Lea',
  'Omar',
  'Ines',
  'Kofi',
  'Yuki',
  'Zoë',
  'Björn',
  'Chiara',
  'Dmitri',
  'Fatima',
  'Gonçalo',
  'Hana',
  'Søren',
  '明',
  'محمد',
  'Ольга',
]
const lasts = [
  'Lovelace',
  'Tanaka',
  'Silva',
  'Haddad',
  'Mensah',
  'Novák',
  "O'Brien",
  'Schröder',
  'Kim',
  'Rossi',
  'Иванова',
  'Ωμέγα',
  'शर्मा',
  '田中',
]

const tenantNames = [...new Set([...nouns.flatMap((noun) => kinds.map((kind) => `${noun} ${kind}`)), ...hostileNames])]
export const tenants: Tenant[] = tenantNames.map((name, at) => ({
  id: at === 0 ? 'acme' : `tnt_${hex(12)}`,
  name,
  status: at < 3 || random() < 0.7 ? 'active' : pick(lifecycleStatuses),
  plan: random() < 0.05 ? null : pick(['Free', 'Team', 'Business', 'Enterprise']),
  region: random() < 0.1 ? null : pick(['eu-central', 'us-east', 'ap-south']),
  user_count: random() < 0.06 ? null : Math.floor(random() ** 3 * 4200),
  created_at: iso(now() - random() * 900 * day),
  updated_at: iso(now() - random() * 20 * day),
  deleted_at: null,
}))

export const users: User[] = tenants.flatMap((tenant) =>
  Array.from({ length: tenant.id === 'acme' ? 140 : 5 }, (): User => {
    const name = random() < 0.03 ? pick(hostileNames) : `${pick(firsts)} ${pick(lasts)}`
    const local = `${
      name
        .normalize('NFKD')
        .replace(/[^A-Za-z]/g, '')
        .toLowerCase()
        .slice(0, 18) || 'user'
    }${Math.floor(random() * 90) + 10}`
    return {
      id: `usr_${hex(16)}`,
      tenant_id: tenant.id,
      email:
        random() < 0.01
          ? `аdmin${local}\u202E@globex.test`
          : `${local}@${
              tenant.name
                .replace(/[^A-Za-z]/g, '')
                .toLowerCase()
                .slice(0, 20) || 'tenant'
            }.test`,
      name,
      role: pick(['owner', 'admin', 'member', 'member', 'billing', null]),
      status: random() < 0.88 ? 'active' : pick(['invited', 'suspended', 'deleted'] as const),
      created_at: iso(now() - random() * 600 * day),
      last_seen_at: random() < 0.1 ? null : iso(now() - random() ** 3 * 60 * day),
    }
  }),
)

export const factorsOf = (user: User): Factor[] => [
  { id: `f1${user.id}`, kind: 'password', label: null, enrolled_at: user.created_at, last_used_at: iso(now() - 9 * day) },
  {
    id: `f2${user.id}`,
    kind: 'passkey',
    label: 'MacBook Pro \u202Eof Eve',
    enrolled_at: iso(now() - 120 * day),
    last_used_at: iso(now() - 3 * minute),
  },
  { id: `f3${user.id}`, kind: 'totp', label: '1Password', enrolled_at: iso(now() - 300 * day), last_used_at: iso(now() - 41 * day) },
  { id: `f4${user.id}`, kind: 'recovery_codes', label: '7 of 10 left', enrolled_at: iso(now() - 300 * day), last_used_at: null },
]
export const userSessionsOf = (user: User): UserSession[] => [
  {
    id: `s1${user.id}`,
    device: 'Chrome 141 on macOS 26',
    ip: '203.0.113.24',
    place: 'Lisbon, Portugal',
    created_at: iso(now() - 2 * day),
    last_seen_at: iso(now() - 40_000),
    expires_at: null,
  },
  {
    id: `s2${user.id}`,
    device: 'Acme for iPhone 8.2.1 <script>alert(1)</script>',
    ip: '2001:db8:85a3::8a2e:370:7334',
    place: null,
    created_at: iso(now() - 19 * day),
    last_seen_at: iso(now() - 5 * 3_600_000),
    expires_at: null,
  },
  {
    id: `s3${user.id}`,
    device: null,
    ip: '198.51.100.7',
    place: 'Berlin, Germany',
    created_at: iso(now() - 44 * day),
    last_seen_at: iso(now() - 12 * day),
    expires_at: null,
  },
]

export const catalogue: ScopeCatalogue = {
  max_minutes: 60,
  scopes: [
    { scope: 'profile:read', routes: [{ method: 'GET', path: '/api/tenants/:tenant_id' }] },
    {
      scope: 'users:read',
      routes: [
        { method: 'GET', path: '/api/tenants/:tenant_id/users' },
        { method: 'GET', path: '/api/tenants/:tenant_id/users/:user_id' },
      ],
    },
    {
      scope: 'projects:read',
      routes: [
        { method: 'GET', path: '/api/tenants/:tenant_id/projects' },
        { method: 'GET', path: '/api/tenants/:tenant_id/projects/:project_id' },
      ],
    },
    { scope: 'billing:read', routes: [{ method: 'GET', path: '/api/tenants/:tenant_id/invoices' }] },
    {
      scope: 'projects:write',
      routes: [
        { method: 'PATCH', path: '/api/tenants/:tenant_id/projects/:project_id' },
        { method: 'POST', path: '/api/tenants/:tenant_id/projects' },
      ],
    },
    { scope: 'webhooks:write', routes: [{ method: 'POST', path: '/api/tenants/:tenant_id/webhooks/:webhook_id/redeliver' }] },
  ],
  presets: [
    { name: 'read_only', scopes: ['profile:read', 'users:read', 'projects:read', 'billing:read'] },
    { name: 'billing', scopes: ['profile:read', 'billing:read'] },
  ],
}

const reasons = [
  'Customer cannot see the invoice of October, on the phone now',
  'Import of 14,000 rows stuck at 63 %, checking the job state',
  'Webhook deliveries fail since the certificate change this morning; the customer asked us to look at the endpoint list and at the last deliveries, and to report back today',
  'お客様からの問い合わせ：請求書が表示されない',
  'Verifying that the permission fix reached this tenant',
]

export const sessions: Session[] = Array.from({ length: 64 }, (_, at): Session => {
  const person = pick(people.slice(0, 3))
  const tenant =
    at === 1 ? (tenants.find((each) => each.name.includes('\u202E')) as Tenant) : at < 3 ? (tenants[at] as Tenant) : pick(tenants)
  const ttl = pick([15, 30, 60]) * minute
  const issued = at < 4 ? now() - at * 3 * minute - 60_000 : now() - at * 2.6 * 3_600_000 - ttl
  const revoked = at >= 4 && random() < 0.35 ? issued + random() * ttl : null
  const active = at < 4
  const expires = at === 2 ? now() + 100_000 : issued + ttl
  const opener = active && at !== 3 ? (people[0] as Person) : person
  const onUser = at % 7 === 3 ? users.find((user) => user.tenant_id === tenant.id) : undefined
  return {
    id: newId('ses', issued),
    status: revoked ? 'REVOKED' : active ? 'ACTIVE' : 'EXPIRED',
    standing: revoked ? 'revoked' : !active ? 'expired' : at === 3 ? 'staff_not_allowed' : 'usable',
    tenant_id: tenant.id,
    tenant_name: tenant.name,
    target_user_id: onUser?.id ?? null,
    target_user_label: onUser?.email ?? null,
    staff_id: staffOf(opener).id,
    staff_email: opener.email,
    reason: pick(reasons),
    ticket: at % 3 === 0 ? `SUP-${4800 + at}` : null,
    scopes: at % 5 === 0 ? ['projects:read', 'projects:write'] : (catalogue.presets[0]?.scopes ?? []),
    issued_at: iso(issued),
    expires_at: iso(expires),
    idle_at: iso(at === 1 ? now() + 110_000 : issued + 10 * minute),
    idle_minutes: 10,
    ended_at: revoked ? iso(revoked) : active ? null : iso(expires),
    ended_by: revoked ? 'staff' : active ? null : 'expiry',
    revoked_at: revoked ? iso(revoked) : null,
    revoked_by: revoked ? 'tomas@example-support.test' : null,
    revocation_reason: revoked ? 'Done, the customer confirmed' : null,
    requests: active ? Math.floor(random() * 40) : Math.floor(random() ** 3 * 1200),
    remaining_seconds: active ? Math.round((expires - now()) / 1000) : 0,
  }
})

const micro = (at: number) => iso(at).replace('Z', `${String(Math.floor(random() * 1000)).padStart(3, '0')}Z`)
export const events: LoggedEvent[] = []
export const append = (event: NewEventOf<EventName, EventResult>, at = now()): LoggedEvent => {
  const own = { v: 1, id: newId('evt', at), occurred_at: micro(at), category: categoryOf(event.action), log_index: events.length } as const
  const logged = { ...event, ...own } as LoggedEvent
  events.push(logged)
  return logged
}
export const staffActor = (person: Person) =>
  ({
    kind: 'staff',
    id: staffOf(person).id,
    issuer: 'https://localhost:4000/local-oidc',
    subject: person.login,
    email: person.email,
    name: person.name,
  }) as const

const openerOf = (session: Session) => people.find((person) => person.email === session.staff_email) as Person

/** A request of a session: admitted and then completed, or refused. */
export const appendRequest = (session: Session, at: number): LoggedEvent[] => {
  const id = newId('req', at)
  const actor = staffActor(openerOf(session))
  const path = pick([
    `/api/tenants/${session.tenant_id}/projects`,
    `/api/tenants/${session.tenant_id}/users?limit=50`,
    `/api/tenants/${session.tenant_id}/invoices/2026-10`,
  ])
  const common = {
    actor,
    tenant_id: session.tenant_id,
    session_id: session.id,
    target: { kind: 'session', id: session.id },
  } as const
  const dice = random()
  if (dice < 0.14) {
    const [method, code] = pick([
      ['DELETE', 'route_undeclared'],
      ['POST', 'scope_missing'],
      ['GET', 'other_tenant'],
    ] as const)
    return [
      append(
        {
          ...common,
          action: 'SUPPORT_SESSION.REQUEST.REFUSED',
          result: 'deny',
          note: 'The gateway refused the request',
          code,
          request: { id, method, path, status: 403, duration_ms: 1.4 },
        },
        at,
      ),
    ]
  }
  const request = { id, method: 'GET', path, route: '/api/tenants/:tenant_id/projects', scope: 'projects:read' }
  const first = append({ ...common, action: 'SUPPORT_SESSION.REQUEST.ADMITTED', result: 'ok', request }, at)
  if (dice < 0.18) return [first]
  const took = random() ** 4 * 2400 + 4
  if (dice < 0.23)
    return [
      first,
      append(
        {
          ...common,
          action: 'SUPPORT_SESSION.REQUEST.FAILED',
          result: 'error',
          note: 'The product took too long to answer',
          code: 'upstream_timeout',
          request: { ...request, status: 504, duration_ms: 30_012 },
        },
        at + 30_000,
      ),
    ]
  if (dice < 0.26)
    return [
      first,
      append(
        {
          ...common,
          action: 'SUPPORT_SESSION.REQUEST.CUT',
          result: 'error',
          note: 'The session was revoked while the answer was under way',
          code: 'session_revoked',
          request: { ...request, status: 200, duration_ms: took, bytes: 20_480 },
        },
        at + took,
      ),
    ]
  return [
    first,
    append(
      {
        ...common,
        action: 'SUPPORT_SESSION.REQUEST.COMPLETED',
        result: 'ok',
        request: { ...request, status: pick([200, 200, 200, 304, 404]), duration_ms: took, bytes: Math.floor(random() * 90_000) },
      },
      at + took,
    ),
  ]
}

for (const session of [...sessions].reverse()) {
  const person = openerOf(session)
  const issued = Date.parse(session.issued_at)
  const about = {
    actor: staffActor(person),
    tenant_id: session.tenant_id,
    session_id: session.id,
    ...(session.ticket ? { ticket: session.ticket } : {}),
  } as const
  const target = { kind: 'session', id: session.id, ...(session.tenant_name ? { label: session.tenant_name } : {}) } as const
  append(
    {
      action: 'AUTH.SIGNED_IN',
      result: 'ok',
      actor: staffActor(person),
      target: { kind: 'staff', id: staffOf(person).id, label: person.email },
      request: { id: newId('req', issued - 200_000), method: 'GET', path: '/auth/callback' },
      details: { roles: person.roles, sign_in: newId('sts', issued - 200_000) },
    },
    issued - 200_000,
  )
  append(
    {
      action: 'TENANT.OPENED',
      result: 'ok',
      actor: staffActor(person),
      tenant_id: session.tenant_id,
      target: { kind: 'tenant', id: session.tenant_id, ...(session.tenant_name ? { label: session.tenant_name } : {}) },
    },
    issued - 90_000,
  )
  const user = users.find((each) => each.tenant_id === session.tenant_id)
  if (user)
    append(
      {
        action: 'CONSOLE.OPENED',
        result: 'ok',
        actor: staffActor(person),
        tenant_id: user.tenant_id,
        target: { kind: 'user', id: user.id, label: user.email },
        ...(session.ticket ? { ticket: session.ticket } : {}),
      },
      issued - 60_000,
    )
  append(
    {
      ...about,
      action: 'SUPPORT_SESSION.CREATED',
      result: 'ok',
      target,
      reason: session.reason ?? '',
      details: { scopes: session.scopes, ttl_minutes: 15, expires_at: session.expires_at, policy: mockPolicy },
    },
    issued,
  )
  if (random() < 0.2)
    append(
      {
        actor: staffActor(person),
        tenant_id: session.tenant_id,
        action: 'SUPPORT_SESSION.DENIED',
        result: 'deny',
        target: { kind: 'tenant', id: session.tenant_id },
        note: 'reason missing',
        code: 'reason_too_short',
      },
      issued + 1000,
    )
  const many = session.tenant_id === 'acme' ? 60 : Math.floor(random() * 12)
  for (let at = 0; at < many; at += 1) appendRequest(session, Math.min(issued + 20_000 + at * 9000, now() - 10_000))
  if (session.revoked_at)
    append(
      {
        ...about,
        action: 'SUPPORT_SESSION.REVOKED',
        result: 'ok',
        target,
        reason: session.revocation_reason ?? '',
        details: { revoked_by: 'staff' },
        actor: staffActor(people[1] as Person),
      },
      Date.parse(session.revoked_at),
    )
  else if (session.status === 'EXPIRED')
    append(
      { ...about, action: 'SUPPORT_SESSION.EXPIRED', result: 'ok', target, actor: { kind: 'system', id: 'sessions' } },
      Date.parse(session.expires_at),
    )
}
events
  .sort((a, b) => a.occurred_at.localeCompare(b.occurred_at))
  .forEach((event, at) => {
    event.log_index = at
  })

type Signed = { target: User; by: Person; reason: string; ticket: string | null; minutes: number; state: ActionRequest['state'] }

/** Requests for a suspension, in the states that a page can show. */
const requestOf = ({ target, by, reason, ticket, minutes, state }: Signed): ActionRequest => {
  const created = now() - minutes * minute
  const id = newId('act', created)
  const tenant = tenants.find((each) => each.id === target.tenant_id)
  const about = { kind: 'user' as const, id: target.id, label: target.email }
  const times = { created_at: iso(created), expires_at: iso(created + 240 * minute) }
  const { issuer, subject } = staffActor(by)
  const { roles: _, ...requester } = staffOf(by)
  // Members in the order of their names, as the canonical form has them.
  const signed = {
    action: 'suspend_account',
    created_at: times.created_at,
    expires_at: times.expires_at,
    id,
    nonce: 'KHFYcnTxVIeL765ynnrvvg',
    parameters: {},
    policy: mockPolicy,
    reason,
    requester: { email: by.email, id: requester.id, issuer, name: by.name, subject },
    target: { id: target.id, kind: 'user', label: target.email, tenant_id: target.tenant_id, tenant_name: tenant?.name ?? null },
    ticket,
    v: 1,
  }
  return {
    id,
    action: 'suspend_account',
    risk: 'high',
    requires: 'manager approval',
    state,
    target: about,
    tenant_id: target.tenant_id,
    tenant_name: tenant?.name ?? null,
    parameters: {},
    reason,
    ticket,
    requester,
    ...times,
    approvals_needed: 1,
    approvals: [],
    rejection: null,
    outcome: null,
    session_id: null,
    signed: JSON.stringify(signed),
  }
}

const [mira, tomas] = people as [Person, Person]
const [first, second, third] = users as [User, User, User]
export const requests: ActionRequest[] = [
  requestOf({
    target: first,
    by: mira,
    reason: 'Her laptop was stolen \u202eand is still signed in',
    ticket: 'SUP-4831',
    minutes: 3,
    state: 'pending',
  }),
  requestOf({ target: second, by: tomas, reason: long('Mails that he did not write, '), ticket: null, minutes: 41, state: 'pending' }),
  requestOf({ target: third, by: mira, reason: 'Asked for by their own admin', ticket: '#5131', minutes: 300, state: 'expired' }),
  requestOf({ target: third, by: mira, reason: 'The product did not answer', ticket: null, minutes: 20, state: 'unknown' }),
]

export const passkeysOf = (person: Person): Passkey[] => {
  const common = { staff_id: staffOf(person).id, staff_email: person.email, enrolled_at: iso(now() - 9 * day) }
  return [
    {
      ...common,
      id: newId('psk'),
      name: 'Work laptop',
      state: 'usable',
      usable_from: common.enrolled_at,
      last_used_at: iso(now() - 40_000),
      is_synced: true,
    },
    {
      ...common,
      id: newId('psk'),
      name: 'Blue key \u202e',
      state: 'waits_for_confirmation',
      usable_from: null,
      last_used_at: null,
      is_synced: false,
    },
  ]
}

const needs: Record<TableGate, { gate: string; note: string }> = {
  reason: { gate: 'reason', note: 'reason missing' },
  ticket: { gate: 'ticket', note: 'ticket missing' },
  approval: { gate: 'approval', note: 'manager missing' },
}

/** What an attempt requires by the default table, met or not. */
export const explain = ({ action, reason, ticket }: { action: ActionName; reason?: string; ticket?: string }): Explanation => {
  const { requires, risk } = actions[action]
  const given: Record<TableGate, boolean> = { reason: Boolean(reason), ticket: Boolean(ticket), approval: false }
  const gates = [...requires].map((gate) => ({ ...needs[gate], met: given[gate] }))
  const requirements = [{ gate: 'role', note: 'role missing', met: true }, ...gates]
  return {
    action,
    risk,
    requires: (requires as readonly TableGate[]).includes('approval') ? 'manager approval' : requires.join(' + '),
    requirements,
    allowed: requirements.every(({ met }) => met),
    approvers: ['support_manager', 'super_admin'],
    expires_minutes: 240,
    policy: mockPolicy,
  }
}
