import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { actNames, type FeatureName } from '@countersign/contract/connector.ts'
import type { Tenant, TenantDetails } from '@countersign/contract/tenants.ts'
import type { Account, Factor, User, UserSession } from '@countersign/contract/users.ts'
import { distance } from 'fastest-levenshtein'
import { createRemoteJWKSet, decodeJwt, importJWK, type JWK, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { type ActCare, newDirectoryActs } from './directory-acts.ts'

export type Person = { user: User; account?: Account; factors: Factor[]; sessions: UserSession[] }

/** What the product holds. Tests change it as a product would. */
export type World = { tenants: Tenant[]; people: Person[]; details?: Record<string, TenantDetails> }

/** Answers in place of the honest one; undefined leaves the honest answer. */
export type Fault = (request: { method: string; path: string; query: URLSearchParams }, response: ServerResponse) => unknown

export type DirectoryServer = {
  url: string
  audience: string
  issuer: string
  world: World
  /** What it offers beyond what every connector does. */
  features: FeatureName[]
  /** Every call as it came, refused ones too. */
  calls: { target: string; act?: { sub: string; email: string } }[]
  fault: Fault | undefined
  /** The same, after the effect of an act and before its answer. */
  faultAfter: Fault | undefined
  /** The effects that acts had, in their order. */
  effects: { id: string; act: string; target: string }[]
  /** Checks that are left out, for a directory that is careless. */
  careless: Set<'token' | 'signature' | 'iss' | 'aud' | 'exp' | 'lifetime' | 'htm' | 'htu' | 'body_sha256' | 'jti' | ActCare>
  close(): Promise<void>
}

export const at = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString()

export const newTenant = (n: number, members: Partial<Tenant> = {}): Tenant => ({
  id: `ten_${String(n).padStart(4, '0')}`,
  name: `Tenant ${n}`,
  status: 'active',
  plan: 'team',
  region: 'eu',
  user_count: n,
  created_at: at(0),
  updated_at: at(n % 300),
  deleted_at: null,
  ...members,
})

export const newPerson = (n: number, tenantId: string, members: Partial<User> = {}): Person => ({
  user: {
    id: `usr_${String(n).padStart(4, '0')}`,
    tenant_id: tenantId,
    email: `person${n}@example.com`,
    name: `Person ${n}`,
    role: 'member',
    status: 'active',
    created_at: at(1),
    last_seen_at: at(2),
    ...members,
  },
  factors: [{ id: `fac_${n}`, kind: 'passkey', label: 'Laptop', enrolled_at: at(1), last_used_at: null }],
  sessions: [
    {
      id: `sess_${n}`,
      device: 'Firefox on Linux',
      ip: '192.0.2.7',
      place: 'Berlin',
      created_at: at(1),
      last_seen_at: at(2),
      expires_at: null,
    },
  ],
})

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Three tenants with two people each: what a test has that does not say otherwise. */
export const smallWorld = (): World => ({
  tenants: [1, 2, 3].map((n) => newTenant(n)),
  people: [1, 2, 3, 4, 5, 6].map((n) => newPerson(n, `ten_000${Math.ceil(n / 2)}`)),
})

type Options = { jwk?: JWK; issuer?: string; audience?: string; world?: World; path?: string }

/**
 * A product's directory over real HTTP that speaks the connector protocol: honest, unless a test tells it not to be.
 * Without a key it believes the program that calls first, and reads the keys from it.
 */
export const startDirectory = async (options: Options = {}): Promise<DirectoryServer> => {
  const given = options.jwk && (await importJWK(options.jwk, 'EdDSA'))
  let published: ReturnType<typeof createRemoteJWKSet> | undefined
  const keyFor: JWTVerifyGetKey = async (header, token) => {
    if (given) return given
    published ??= createRemoteJWKSet(new URL('/.well-known/jwks.json', directory.issuer))
    return published(header, token)
  }
  const used = new Set<string>()
  const careless: DirectoryServer['careless'] = new Set()
  const acts = newDirectoryActs(careless)
  const base = options.path ?? '/directory'

  const judge = async (request: IncomingMessage, body: Buffer): Promise<JWTPayload | undefined> => {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) return careless.has('token') ? {} : undefined
    try {
      if (!given && published === undefined) directory.issuer = String(decodeJwt(token).iss)
      const { payload } = careless.has('signature')
        ? { payload: decodeJwt(token) }
        : await jwtVerify(token, keyFor, {
            algorithms: ['EdDSA'],
            clockTolerance: careless.has('exp') ? 1_000_000 : 5,
            requiredClaims: careless.has('exp') ? [] : ['exp'],
          })
      const { iss, aud, iat = 0, exp = 0, jti, htm, htu, body_sha256 } = payload
      const hash = createHash('sha256').update(body).digest('base64url')
      if (iss !== directory.issuer && !careless.has('iss')) return undefined
      if (aud !== directory.audience && !careless.has('aud')) return undefined
      if (exp - iat > 60 && !careless.has('lifetime')) return undefined
      if (htm !== request.method && !careless.has('htm')) return undefined
      if (htu !== request.url && !careless.has('htu')) return undefined
      if (body_sha256 !== hash && !careless.has('body_sha256')) return undefined
      if (used.has(String(jti)) && !careless.has('jti')) return undefined
      used.add(String(jti))
      return payload
    } catch {
      return undefined
    }
  }

  const page = <T>(items: T[], query: URLSearchParams): { items: T[]; next_cursor: string | null } => {
    const from = Number(query.get('cursor')?.slice(1) ?? 0)
    const to = from + Number(query.get('limit') ?? 100)
    return { items: items.slice(from, to), next_cursor: to < items.length ? `p${to}` : null }
  }

  const narrow = (members: User[], query: URLSearchParams): User[] => {
    const [text, status, role, sort] = ['query', 'status', 'role', 'sort'].map((name) => query.get(name))
    const found = members.filter(
      (user) =>
        (!text || [user.id, user.email, user.name].some((field) => field.toLowerCase().includes(text.toLowerCase()))) &&
        (!status || user.status === status) &&
        (!role || user.role === role),
    )
    if (!sort) return found
    const sorted = found.toSorted((a, b) => (String(a[sort as keyof User]) < String(b[sort as keyof User]) ? -1 : 1))
    return query.get('order') === 'desc' ? sorted.reverse() : sorted
  }

  const honest = (path: string, query: URLSearchParams): [status: number, body: unknown] => {
    const { tenants, people } = directory.world
    if (path === '/' || path === '')
      return [200, { protocol: 'countersign-connector/1', product: 'Test product', acts: actNames, features: directory.features }]
    if (path === '/tenants') {
      const since = query.get('since')
      const sorted = tenants.toSorted((a, b) => (a.updated_at < b.updated_at ? -1 : 1))
      const found = sorted.filter((tenant) => since === null || tenant.updated_at > since)
      const { items, next_cursor } = page(found, query)
      return [200, { items, next_cursor, sync_token: next_cursor === null ? (sorted.at(-1)?.updated_at ?? null) : null }]
    }
    const users = people.map(({ user }) => user)
    if (path === '/users') {
      const text = (query.get('query') ?? '').toLowerCase()
      const holding = users.filter((user) => [user.id, user.email, user.name].some((field) => field.toLowerCase().includes(text)))
      const found = holding.length > 0 ? holding : users.filter(({ email }) => distance(text, email.toLowerCase()) <= 2)
      return [200, { items: found.slice(0, Number(query.get('limit'))) }]
    }
    const [, noun, id, list] = path.split('/').map(decodeURIComponent)
    if (noun === 'acts') return acts.get(String(id))
    if (noun === 'tenants' && list === 'users' && tenants.some((tenant) => tenant.id === id)) {
      const members = users.filter((user) => user.tenant_id === id)
      if (!directory.features.includes('user_lists')) return [200, page(members, query)]
      return [200, { ...page(narrow(members, query), query), roles: [...new Set(members.flatMap(({ role }) => role ?? []))] }]
    }
    const isDetails = noun === 'tenants' && list === undefined && directory.features.includes('tenant_details')
    if (isDetails && tenants.some((tenant) => tenant.id === id)) return [200, directory.world.details?.[String(id)] ?? {}]
    const person = noun === 'users' && list === undefined ? people.find(({ user }) => user.id === id) : undefined
    return person ? [200, person] : [404, { code: 'not_found', message: 'no such thing' }]
  }

  const act = (path: string, request: IncomingMessage, body: Buffer, claims: JWTPayload): [status: number, body: unknown] => {
    const [, noun, id] = path.split('/').map(decodeURIComponent)
    return acts.post(directory.world, noun === 'tenants' ? 'tenant' : 'user', String(id), request, JSON.parse(body.toString()), claims)
  }

  const server = createServer(async (request, response) => {
    const target = request.url ?? ''
    const { pathname, searchParams } = new URL(target, 'http://directory')
    const method = request.method ?? ''
    const body = Buffer.concat(await request.toArray())
    const caller = await judge(request, body)
    directory.calls.push({ target, ...(caller?.act ? { act: caller.act as { sub: string; email: string } } : {}) })
    if (!caller) return answer(response, 401, { code: 'bad_assertion', message: 'not signed as it should be' })
    const path = pathname.slice(base.length)
    const isOver = () => response.headersSent || response.writableEnded || response.destroyed
    await directory.fault?.({ method, path, query: searchParams }, response)
    if (isOver()) return
    const said = method === 'POST' ? act(path, request, body, caller) : honest(path, searchParams)
    await directory.faultAfter?.({ method, path, query: searchParams }, response)
    if (!isOver()) answer(response, ...said)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const directory: DirectoryServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    audience: options.audience ?? 'test-directory',
    issuer: options.issuer ?? 'http://console.test',
    world: options.world ?? smallWorld(),
    features: ['user_lists', 'tenant_details'],
    calls: [],
    fault: undefined,
    faultAfter: undefined,
    effects: acts.done,
    careless,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return directory
}
