import type { Event } from '@countersign/contract/events.ts'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededPassword } from '../../examples/acme/src/seed/people.ts'
import { parseConfig } from '../../server/src/config.ts'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { pickPort } from '../../server/src/ports.ts'
import { type Server, serve } from '../../server/src/serve.ts'
import { type AcmeRig, signIn as signInAtAcme, startAcme } from '../acme/rig.ts'
import { newAuthenticator } from '../support/authenticator.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

/** The whole program with the example product behind it, which does everything for real. */
let database: TestDatabase
let acme: AcmeRig
let server: Server
const people: Record<string, Visitor> = {}

const eve = 'usr_eve_globex'
const reason = 'She called from the number on file'

beforeAll(async () => {
  database = await newDatabase({ max: 16 })
  const port = await pickPort('127.0.0.1', 0)
  const consoleUrl = `http://localhost:${port}`
  acme = await startAcme({ ACME_TRUSTED_ISSUER: consoleUrl, ACME_TRUSTED_JWKS_URL: `${consoleUrl}/.well-known/jwks.json` })
  const file = parseConfig(
    `
gateway:
  upstream: ${acme.url}
  upstream_audience: acme-api
  routes: [{ method: GET, path: /v1/members, scope: 'members:read' }]
  presets: { read_only: ['members:read'] }
directory:
  connector: { url: '${acme.url}/countersign', audience: acme-connector }
  sync_seconds: 5`,
    'test',
  )
  file.console.port = port
  file.gateway.port = await pickPort('127.0.0.1', 0)
  const config = { ...file, source: 'test', example: false, example_port: 0, data_dir: database.dataDir }
  server = await serve({
    config,
    databaseUrl: database.appUrl,
    eraserUrl: database.eraserUrl,
    keys: database.keys,
    log: pino({ level: 'silent' }),
  })
  for (const login of ['rob', 'val', 'mgr']) people[login] = await signIn(server.console_url, login)
  await until(() => database.store.db.selectFrom('tenants').select('id').where('id', '=', 'ten_globex').executeTakeFirst())
})
afterAll(async () => {
  await server?.close()
  await acme?.stop()
  await database?.close()
})

type Answer = { id: string; state: string; code?: string; detail?: string; outcome?: { count: number | null } }
let calls = 0
const send = async (login: string, path: string, body: unknown = {}): Promise<Answer> => {
  const response = await (people[login] as Visitor).send('POST', path, body, { 'idempotency-key': `acme-test-${++calls}` })
  return (await response.json()) as Answer
}
const act = (login: string, action: string, id: string, more = {}) =>
  send(login, '/api/actions', { action, target: { kind: action === 'force_logout' ? 'tenant' : 'user', id }, reason, ...more })
const optionsOf = async (login: string, path: string) =>
  ((await send(login, path)) as unknown as { options: { challenge: string; rpId?: string } }).options

/** Newest first, as the audit page has them. */
const audit = async (query: string): Promise<Event[]> =>
  ((await (await (people.mgr as Visitor).get(`/api/audit?limit=200&${query}`)).json()) as { items: Event[] }).items

const isSignedIn = async (cookie: string) => (await fetch(`${acme.url}/v1/usage`, { headers: { cookie } })).status === 200

describe('A31–A39 the table of the first system, at a real product', { timeout: 120_000 }, () => {
  it('rob, val and mgr make its five lines, and they read as it says', async () => {
    const cookie = await signInAtAcme(acme.url, 'eve@globex.example', seededPassword)
    const key = newAuthenticator({ origin: new URL(server.console_url).origin })
    await send('mgr', '/api/me/passkeys', { name: 'Key', response: key.register(await optionsOf('mgr', '/api/me/passkeys/options')) })

    await send('rob', '/api/sessions', { tenant_id: 'ten_globex', target_user_id: eve, reason, ticket: '#4831' })
    expect((await act('val', 'revoke_sessions', eve)).state).toBe('done')
    expect(await isSignedIn(cookie)).toBe(false)
    expect((await act('rob', 'reset_passkey', eve, { ticket: '#4831' })).state).toBe('done')
    expect(await act('val', 'suspend_account', eve)).toMatchObject({ code: 'gates_unmet', detail: 'manager missing' })
    const asked = await act('rob', 'suspend_account', eve, { ask_approval: true })
    expect(asked.state).toBe('pending')
    const response = key.sign(await optionsOf('mgr', `/api/actions/${asked.id}/approval/options`))
    expect((await send('mgr', `/api/actions/${asked.id}/approval`, { response })).state).toBe('done')
    await expect(signInAtAcme(acme.url, 'eve@globex.example', seededPassword)).rejects.toThrow(/was not let in/)

    const names = ['IMPERSONATE.STARTED', 'SESSION.REVOKED', 'PASSKEY.RESET', 'ACCOUNT.SUSPEND', 'ACCOUNT.SUSPEND.APPROVED']
    const lines = await until(async () => {
      const found = (await audit('tenant_id=ten_globex')).filter(({ action }) => names.includes(action)).toReversed()
      return found.length >= 5 && found
    })
    const read = lines.map((event) => [
      event.actor.kind === 'staff' && event.actor.email,
      event.action,
      event.target?.id,
      event.result === 'deny' ? event.note : (event.ticket ?? null),
      event.result,
    ])
    expect(read).toEqual([
      ['rob@vendor.example', 'IMPERSONATE.STARTED', eve, '#4831', 'ok'],
      ['val@vendor.example', 'SESSION.REVOKED', eve, null, 'ok'],
      ['rob@vendor.example', 'PASSKEY.RESET', eve, '#4831', 'ok'],
      ['val@vendor.example', 'ACCOUNT.SUSPEND', eve, 'manager missing', 'deny'],
      ['mgr@vendor.example', 'ACCOUNT.SUSPEND.APPROVED', eve, null, 'ok'],
    ])
    expect(lines.map(({ occurred_at }) => occurred_at)).toEqual(lines.map(({ occurred_at }) => occurred_at).toSorted())
    expect(lines[1]?.details).toMatchObject({ count: expect.any(Number) })
  })

  it('X3 the tenant reads the same events, by the same ids, the refused one too', async () => {
    const { store, journal } = database
    const { key } = await createKey(
      { store, journal, principal: { kind: 'operator', id: 'tester' } },
      { tenant_id: 'ten_globex', name: 'SIEM', permissions: ['audit:read'] },
    )
    const idsOf = (events: Event[]) =>
      events.filter(({ action }) => /^(IMPERSONATE|SESSION|PASSKEY|ACCOUNT|ACTION)\b/.test(action)).map(({ id }) => id)
    const response = await fetch(`${server.console_url}/v1/audit?limit=200`, { headers: { 'x-api-key': key } })
    const { items } = (await response.json()) as { items: Event[] }
    expect(idsOf(items)).toEqual(idsOf(await audit('tenant_id=ten_globex')))
    expect(items.some(({ result, note }) => result === 'deny' && note === 'manager missing')).toBe(true)
  })

  it('an account that is restored can sign in again', async () => {
    expect((await act('rob', 'restore_account', eve, { ticket: '#4831' })).state).toBe('done')
    expect(await isSignedIn(await signInAtAcme(acme.url, 'eve@globex.example', seededPassword))).toBe(true)
  })
})

describe('C26 C27 C28 C29 forced logout', () => {
  it('ends every session of that tenant and of no other, and says how many', async () => {
    const hank = await signInAtAcme(acme.url, 'hank@globex.example', seededPassword)
    const sessions = () =>
      acme.sql<{ tenant: string; count: number }>(
        `select m."organizationId" as tenant, count(*)::int as count from session s join member m on m."userId" = s."userId"
         where s."expiresAt" > now() group by 1 order by 1`,
      )
    const before = await sessions()
    const ours = before.find(({ tenant }) => tenant === 'ten_globex')?.count
    expect(ours).toBeGreaterThan(0)
    expect(await act('mgr', 'force_logout', 'ten_globex', { reason: '' })).toMatchObject({ code: 'gates_unmet', detail: 'reason missing' })
    expect(await sessions()).toEqual(before)

    const { state, outcome } = await act('rob', 'force_logout', 'ten_globex')
    expect([state, outcome?.count]).toEqual(['done', ours])
    expect(await sessions()).toEqual(before.filter(({ tenant }) => tenant !== 'ten_globex'))
    expect(await isSignedIn(hank)).toBe(false)
    const event = await until(async () => (await audit('action=TENANT.SESSIONS.REVOKED')).find(({ result }) => result === 'ok'))
    expect(event).toMatchObject({ tenant_id: 'ten_globex', reason, details: { count: ours } })
  })
})
