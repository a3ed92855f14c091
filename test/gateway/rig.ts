import type { Event } from '@countersign/contract/events.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import { expect } from 'vitest'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import { openSession } from '../../server/src/actions/open-session.ts'
import { type Config, parseConfig } from '../../server/src/config.ts'
import { type Gateway, startGateway } from '../../server/src/gateway/start.ts'
import { startWriter, type Writer } from '../../server/src/gateway/writer.ts'
import { shownHeaders } from '../../server/src/header-names.ts'
import { newLabels } from '../../server/src/labels.ts'
import { newAdmission } from '../../server/src/sessions/admit.ts'
import { revokeSession } from '../../server/src/sessions/revoke.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { type EventFilter, readEvents } from '../support/events.ts'
import { judgeNeeds, requireOpened } from '../support/judge.ts'
import { openRaw, type RawAnswer, type RawConnection, rawRequest, sendRaw } from '../support/raw.ts'
import { insertStaff } from '../support/staff.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const file = (upstream: string, gateway: string, routes: string, more: string) => `
gateway:
  ${gateway}
  port: 0
  upstream: ${upstream}
  upstream_audience: test-product
  upstream_timeout_seconds: 2
  max_request_bytes: 100000
  routes:
    - { method: GET, path: /v1/reports, scope: 'reports:read' }
    - { method: HEAD, path: /v1/reports, scope: 'reports:read' }
    - { method: GET, path: '/v1/reports/:report_id', scope: 'reports:read' }
    - { method: GET, path: /v1/stream, scope: 'reports:read' }
    - { method: POST, path: /v1/reports, scope: 'reports:write' }
    - { method: PUT, path: '/v1/reports/:report_id', scope: 'reports:write' }
    - { method: DELETE, path: '/v1/reports/:report_id', scope: 'reports:write' }
    - { method: GET, path: '/v1/tenants/:tenant_id/members', scope: 'members:read', tenant: ':tenant_id' }
    - { method: POST, path: '/v1/account/:what', scope: 'reports:write' }${routes}
  presets:
    read_only: ['reports:read', 'members:read']
  sinks:
    - { method: POST, path: /v1/account/password }
    - { method: GET, path: /v1/logout }
    - { method: GET, path: '/v1/admin/**' }
directory:
  connector: { url: 'http://127.0.0.1:9', audience: test-directory }
${more}`

/** A gateway with what records for it. */
export type Replica = Gateway & { writer: Writer }

export type GatewayRig = {
  database: TestDatabase
  upstream: Upstream
  config: Config
  gateway: Replica
  port: number
  /** `Host: …` of the gateway. */
  host: string
  staff: StaffPrincipal
  newStaff(roles?: Role[]): Promise<StaffPrincipal>
  open(input?: {
    tenant_id?: string
    scopes?: string[]
    ttl_minutes?: number
    by?: StaffPrincipal
  }): Promise<{ session: Session; token: string }>
  revoke(sessionId: string): Promise<Session>
  /** Makes a session end at this many milliseconds from now, as only the database's owner can. */
  expireIn(sessionId: string, ms: number): Promise<void>
  /** A well-formed request with the token; `headers` are further lines. */
  send(first: string, token: string, headers?: readonly string[], body?: string | Buffer): Promise<RawAnswer>
  connect(): Promise<RawConnection>
  head(first: string, token: string, headers?: readonly string[]): Buffer
  /** Every event so far, in the order of recording. */
  events(filter?: EventFilter): Promise<Event[]>
  close(): Promise<void>
}

export const browsersOf = ({ gateway, console: { public_url = 'http://localhost:4000' } }: Config) => {
  const { browser_origin, browser_origin_is_public_suffix: isPublicSuffix, browser_sources: sources } = gateway
  if (browser_origin === undefined) return undefined
  const labels = newLabels(browser_origin, { isPublicSuffix })
  return { labels, upstreams: Object.keys(gateway.upstreams), sources, console: public_url, exposed: shownHeaders(gateway.pass_headers) }
}

/** One more gateway on the rig's database: another replica, which the caller closes. */
export const startReplica = async (
  { config, database: { store, journal, appUrl, keys } }: Pick<GatewayRig, 'config' | 'database'>,
  log: Parameters<typeof startGateway>[0]['log'] = console,
  findTrouble = async (): Promise<string | null> => null,
): Promise<Replica> => {
  const writer = await startWriter({ databaseUrl: appUrl, keys, log })
  const gateway = await startGateway({
    config,
    admission: newAdmission({ store, journal }),
    writer,
    log,
    issuer: 'http://localhost:4000',
    gatewayUrl: 'http://localhost:4001',
    findTrouble,
    browsers: browsersOf(config),
  })
  return {
    ...gateway,
    writer,
    close: async (graceMs) => {
      await gateway.close(graceMs)
      await writer.close()
    },
  }
}

/** The gateway on a real database, between a raw socket and a product that writes down every byte. */
export const startGatewayRig = async ({
  config: more = '',
  gateway: settings = '',
  routes = '',
  /** Path below which the product is. */
  base = '',
  tenants = ['ten_a', 'ten_b'],
} = {}): Promise<GatewayRig> => {
  const database = await newDatabase()
  const upstream = await startUpstream()
  const parsed = parseConfig(file(upstream.url + base, settings, routes, more), 'test')
  const config: Config = { ...parsed, source: 'test', example: false, example_port: 0, data_dir: database.dataDir }
  const { store, journal } = database
  const failures: unknown[] = []
  const log = { error: (facts: object, message: string) => void failures.push([message, facts]), info: () => {}, warn: () => {} }
  const gateway = await startReplica({ config, database }, log)
  const { port } = gateway.address
  for (const id of tenants) {
    await sql`insert into tenants (id, name, status, created_at, updated_at) values (${id}, ${`Tenant ${id}`}, 'active', now(), now())`.execute(
      store.db,
    )
  }
  const newStaff = (roles?: Role[]) => insertStaff(store.db, roles)
  const staff = await newStaff()
  const needs = { store, journal, ...judgeNeeds(config, { findUser: async () => undefined }), onRevoked: gateway.cut }
  const head = (first: string, token: string, headers: readonly string[] = []) =>
    rawRequest(`${first} HTTP/1.1`, [`Host: localhost:${port}`, `Authorization: Bearer ${token}`, ...headers])
  return {
    database,
    upstream,
    config,
    gateway,
    port,
    host: `Host: localhost:${port}`,
    staff,
    newStaff,
    open: async ({ by = staff, ...input } = {}) =>
      requireOpened(
        await openSession({ ...needs, principal: by }, { tenant_id: 'ten_a', reason: 'Looking into a failed export', ...input }),
      ),
    revoke: (sessionId) => revokeSession({ ...needs, principal: staff }, { session_id: sessionId }),
    expireIn: async (sessionId, ms) => {
      const { asSuperuser } = await import('../support/database.ts')
      await asSuperuser(
        database.superuserUrl,
        `update support_sessions set issued_at = clock_timestamp() - interval '1 minute', expires_at = clock_timestamp() + $2 * interval '1 ms' where id = $1`,
        [sessionId, ms],
      )
    },
    send: async (first, token, headers = [], body = '') => {
      const answer = await sendRaw(port, Buffer.concat([head(first, token, headers), Buffer.from(body)]), first.split(' ')[0])
      if (!answer) throw new Error(`no answer to ${first}`)
      return answer
    },
    connect: () => openRaw(port),
    head,
    events: (filter) => readEvents(store.pool, filter),
    close: async () => {
      await gateway.close(0)
      await upstream.close()
      await database.close()
      expect(failures).toEqual([])
    },
  }
}

/** Refused with this code, as problem details under an id that the log has too; and the product heard nothing. */
export const expectRefusal = async (rig: GatewayRig, answer: RawAnswer | undefined, code: string, session?: Session): Promise<Event> => {
  expect(codeOf(answer)).toBe(code)
  const problem = JSON.parse(answer?.body ?? '{}') as { request_id: string; status: number; hint: string }
  expect(problem.request_id).toBe(answer?.headers.get('x-request-id'))
  expect(problem.status).toBe(answer?.status)
  expect(problem.hint).not.toBe('')
  const events = await rig.events({ request_id: problem.request_id })
  expect(events).toHaveLength(1)
  const [event] = events as [Event]
  expect(event).toMatchObject({ result: 'deny', code, request: { status: answer?.status } })
  if (session) {
    expect(event).toMatchObject({ action: 'SUPPORT_SESSION.REQUEST.REFUSED', session_id: session.id, tenant_id: session.tenant_id })
    expect(event.actor).toMatchObject({ kind: 'staff', id: session.staff_id })
  } else expect(event).toMatchObject({ action: 'GATEWAY.REFUSED', actor: { kind: 'anonymous' } })
  return event
}

/** The `code` of a problem+json answer. */
export const codeOf = (answer: RawAnswer | undefined): string | undefined => {
  if (answer?.headers.get('content-type') !== 'application/problem+json') return undefined
  return (JSON.parse(answer.body) as { code: string }).code
}
