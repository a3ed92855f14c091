import { TenantPage } from '@countersign/contract/tenants.ts'
import { FoundUsers, UserPage, UserPane } from '@countersign/contract/users.ts'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Config, parseConfig } from '../../server/src/config.ts'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { pickPort } from '../../server/src/ports.ts'
import { type Server, serve } from '../../server/src/serve.ts'
import { type AcmeRig, startAcme } from '../acme/rig.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'

/** The whole program over HTTP, with the example product as its directory. */
let database: TestDatabase
let acme: AcmeRig
let server: Server
let rob: Visitor

const configOf = async (consolePort: number): Promise<Config> => {
  const file = parseConfig(
    `gateway:
  upstream: ${acme.url}
  upstream_audience: acme-api
  routes: [{ method: GET, path: /v1/members, scope: 'members:read' }]
  presets: { read_only: ['members:read'] }
directory:
  connector: { url: '${acme.url}/countersign', audience: acme-connector }
  sync_seconds: 5`,
    'test',
  )
  file.console.port = consolePort
  file.gateway.port = await pickPort('127.0.0.1', 0)
  return { ...file, source: 'test', example: false, example_port: 0, data_dir: database.dataDir }
}

const json = async <T>(path: string, who = rob): Promise<{ status: number; body: T & { code?: string } }> => {
  const response = await who.get(path)
  return { status: response.status, body: (await response.json()) as T & { code?: string } }
}
const get = async (path: string) => (await json<Record<string, unknown>>(path)).body

/** A user with a passkey who is signed in at the product now. */
const someUser = async (): Promise<{ id: string; email: string; name: string }> => {
  const [user] = await acme.sql<{ id: string; email: string; name: string }>(
    `select u.id, u.email, u.name from "user" u join session s on s."userId" = u.id join passkey p on p."userId" = u.id
     where s."expiresAt" > now() + interval '1 hour' order by u.id limit 1`,
  )
  if (user === undefined) throw new Error('the product has no such user')
  return user
}

/** A hash of everything the product holds, table by table. */
const productState = async (): Promise<Record<string, string | null>> => {
  const tables = await acme.sql<{ name: string }>(
    `select format('%I', table_name) as name from information_schema.tables where table_schema = 'public' order by 1`,
  )
  const state: Record<string, string | null> = {}
  for (const { name } of tables) {
    const [row] = await acme.sql<{ hash: string | null }>(`select md5(string_agg(t::text, '|' order by t::text)) as hash from ${name} t`)
    state[name] = row?.hash ?? null
  }
  return state
}

beforeAll(async () => {
  database = await newDatabase({ max: 16 })
  const port = await pickPort('127.0.0.1', 0)
  const consoleUrl = `http://localhost:${port}`
  acme = await startAcme({ ACME_TRUSTED_ISSUER: consoleUrl, ACME_TRUSTED_JWKS_URL: `${consoleUrl}/.well-known/jwks.json` })
  server = await serve({
    config: await configOf(port),
    databaseUrl: database.appUrl,
    eraserUrl: database.eraserUrl,
    keys: database.keys,
    log: pino({ level: 'silent' }),
  })
  rob = await signIn(server.console_url, 'rob')
})
afterAll(async () => {
  await server?.close()
  await acme?.stop()
  await database?.close()
})

describe('over HTTP, with a product behind it', () => {
  it('C8 has the tenants of the product soon after its start', async () => {
    await expect.poll(async () => (await get('/api/tenants?limit=1')).total, { timeout: 15_000, interval: 50 }).toBeGreaterThan(50)
  })

  it('C8–C10 lists all tenants, searched, sorted and by pages', async () => {
    const [{ count } = { count: 0 }] = await acme.sql<{ count: number }>('select count(*)::int as count from organization')
    const ids = new Set<string>()
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: TenantPage = TenantPage.parse(
        await get(`/api/tenants?sort=created_at&order=desc&limit=7${cursor && `&cursor=${cursor}`}`),
      )
      for (const { id } of page.items) ids.add(id)
      expect(page.total).toBe(count)
      cursor = page.next_cursor
    }
    expect(ids.size).toBe(count)
    expect(TenantPage.parse(await get('/api/tenants?query=GLOB')).items.map(({ id }) => id)).toContain('ten_globex')
  })

  it('A7 finds a user over all tenants by e-mail, name and id, by a beginning and in spite of a typing error', async () => {
    const [user] = await acme.sql<{ id: string; email: string; name: string }>(
      `select id, email, name from "user" where email like '%@globex.%' and email ~ '^[a-z]{4,}[.]' order by id limit 1`,
    )
    const { id = '', email = '', name = '' } = user ?? {}
    const swapped = `${email.slice(0, 2)}${email[3]}${email[2]}${email.slice(4)}`
    for (const query of [email, email.slice(0, -4), id, name, swapped]) {
      const { items } = FoundUsers.parse(await get(`/api/users?query=${encodeURIComponent(query)}&limit=50`))
      expect(
        items.map((found) => found.id),
        query,
      ).toContain(id)
      expect(items.find((found) => found.id === id)?.tenant_name).toBe('Globex')
    }
  })

  it('A8 A11 shows one pane, and opening it is the event that it names', async () => {
    const { id, email } = await someUser()
    const pane = UserPane.parse(await get(`/api/users/${id}?ticket=SUP-4831`))
    expect(pane.user).toMatchObject({ id, email })
    expect(pane.opened).toMatchObject({ by: { email: 'rob@vendor.example' }, ticket: 'SUP-4831', read_only: true, break_glass: false })
    await expect
      .poll(async () => (await get('/api/audit?action=CONSOLE.OPENED&ticket=SUP-4831')).items, { timeout: 5_000, interval: 50 })
      .toContainEqual(expect.objectContaining({ id: pane.opened.event_id, action: 'CONSOLE.OPENED', ticket: 'SUP-4831' }))
  })

  it('A14 shows the name in the pane', async () => {
    const { id, name } = await someUser()
    expect(name).not.toBe('')
    expect(UserPane.parse(await get(`/api/users/${id}`)).user.name).toBe(name)
  })

  it('A15 shows tenant and plan in the pane', async () => {
    const { id } = await someUser()
    const [tenant] = await acme.sql<{ id: string; name: string; plan: string }>(
      `select o.id, o.name, o.plan from organization o join member m on m."organizationId" = o.id where m."userId" = '${id}'`,
    )
    expect(tenant?.plan).toEqual(expect.stringMatching(/./))
    const pane = UserPane.parse(await get(`/api/users/${id}`))
    expect([pane.tenant?.id, pane.tenant?.name, pane.tenant?.plan]).toEqual([tenant?.id, tenant?.name, tenant?.plan])
    expect(pane.user.tenant_id).toBe(tenant?.id)
  })

  it('A16 shows the role in the tenant in the pane, for each role there is', async () => {
    const people = await acme.sql<{ id: string; role: string }>(
      `select distinct on (role) role, "userId" as id from member order by role, id`,
    )
    expect(people.length).toBeGreaterThan(1)
    for (const { id, role } of people) expect([id, UserPane.parse(await get(`/api/users/${id}`)).user.role]).toEqual([id, role])
  })

  it('A17 shows the enrolled factors in the pane', async () => {
    const { id } = await someUser()
    const passkeys = await acme.sql<{ name: string | null }>(`select name from passkey where "userId" = '${id}'`)
    const pane = UserPane.parse(await get(`/api/users/${id}`))
    const shown = pane.factors.filter(({ kind }) => kind === 'passkey').map(({ label }) => label)
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.sort()).toEqual(passkeys.map(({ name }) => name).sort())
  })

  it("A18 shows the user's live sessions in the pane: device, IP, when last seen", async () => {
    const { id } = await someUser()
    const sessions = await acme.sql<{ ip: string; seen: Date }>(
      `select "ipAddress" as ip, "updatedAt" as seen from session where "userId" = '${id}' and "expiresAt" > now()`,
    )
    const pane = UserPane.parse(await get(`/api/users/${id}`))
    expect(pane.sessions.length).toBeGreaterThan(0)
    expect(pane.sessions.map(({ ip, last_seen_at }) => `${ip} ${last_seen_at}`).sort()).toEqual(
      sessions.map(({ ip, seen }) => `${ip} ${new Date(seen).toISOString()}`).sort(),
    )
    for (const { device } of pane.sessions) expect(device).toEqual(expect.stringMatching(/\w/))
  })

  it('TI-9 X3 the tenant sees the look-up of its user within 5 s through its own key', async () => {
    const { items } = FoundUsers.parse(await get('/api/users?query=%40globex&limit=1'))
    const user = items[0]
    const pane = UserPane.parse(await get(`/api/users/${user?.id}?ticket=SUP-77`))
    const { key } = await createKey(
      { store: database.store, journal: database.journal, principal: { kind: 'operator', id: 'test' } },
      { tenant_id: pane.user.tenant_id, name: 'SIEM' },
    )
    const seen = async () => {
      const response = await fetch(`${server.console_url}/v1/audit?action=CONSOLE.OPENED`, { headers: { 'x-api-key': key } })
      return ((await response.json()) as { items: { id: string }[] }).items
    }
    await expect.poll(seen, { timeout: 5_000, interval: 50 }).toContainEqual(
      expect.objectContaining({
        id: pane.opened.event_id,
        actor: expect.objectContaining({ kind: 'staff', email: 'rob@vendor.example' }),
        ticket: 'SUP-77',
        log_index: expect.any(Number),
      }),
    )
  })

  it('A2 leaves every table of the product as it was, whatever is looked at', async () => {
    const before = await productState()
    expect(Object.keys(before).length).toBeGreaterThan(5)
    const { items: tenants } = TenantPage.parse(await get('/api/tenants?limit=5'))
    for (const { id } of tenants) {
      expect((await json(`/api/tenants/${id}`)).status).toBe(200)
      const { items } = UserPage.parse(await get(`/api/tenants/${id}/users?limit=2`))
      for (const user of items) expect((await json(`/api/users/${user.id}`)).status).toBe(200)
    }
    expect((await json('/api/users?query=an')).status).toBe(200)
    expect(await productState()).toEqual(before)
  })

  it('A2 has no way to change a tenant or a user', async () => {
    for (const path of [
      '/api/tenants',
      '/api/tenants/ten_globex',
      '/api/tenants/ten_globex/users',
      '/api/users',
      '/api/users/usr_hank_globex',
    ]) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        expect((await rob.send(method, path, {})).status, `${method} ${path}`).toBe(404)
      }
    }
  })

  it('AZ-4 answers what does not exist, and ids that are directions, alike', async () => {
    for (const path of [
      '/api/users/none',
      '/api/users/..%2f..%2ftenants',
      '/api/tenants/none',
      '/api/tenants/none/users',
      '/api/users/%2e%2e%2f',
    ]) {
      const { status, body } = await json<{ request_id: string }>(path)
      expect([status, body.code], path).toEqual([404, 'not_found'])
    }
  })

  it.each([
    '/api/users',
    '/api/users?query=a',
    `/api/users?query=${'x'.repeat(201)}`,
    '/api/users?query=ab&limit=51',
    '/api/tenants?limit=0',
    '/api/tenants?sort=password',
    '/api/tenants?cursor=%00',
    '/api/tenants?cursor=AAAA',
    '/api/tenants/ten_globex/users?cursor=AAAA%3D',
    '/api/users/a%20b',
    '/api/users/usr_1?ticket=http://evil',
  ])('refuses %s as invalid, and goes on', async (path) => {
    const { status, body } = await json(path)
    expect([status, body.code]).toEqual([400, 'invalid_request'])
  })

  it('C1 keeps auditors and managers out, and puts that on the record', async () => {
    const aud = await signIn(server.console_url, 'aud')
    for (const path of [
      '/api/tenants',
      '/api/tenants/ten_globex',
      '/api/tenants/ten_globex/users',
      '/api/users?query=an',
      '/api/users/usr_1',
    ]) {
      const { status, body } = await json(path, aud)
      expect([status, body.code], path).toEqual([403, 'role_missing'])
    }
  })

  it('P1 answers no datum of a user where the look-up cannot be recorded', async () => {
    const { items } = FoundUsers.parse(await get('/api/users?query=%40globex&limit=1'))
    const { id, email } = items[0] as { id: string; email: string }
    await asSuperuser(
      database.superuserUrl,
      `create function refuse() returns trigger language plpgsql as $$ begin
         if new.body ~ '"action":"(CONSOLE.OPENED|USER.SEARCHED|TENANT.USERS.LISTED)"' then raise exception 'no room' using errcode = '53100'; end if;
         return new; end $$;
       create trigger refuse before insert on events for each row execute function refuse()`,
    )
    for (const path of [`/api/users/${id}`, '/api/users?query=%40globex', '/api/tenants/ten_globex/users']) {
      const response = await rob.get(path)
      const text = await response.text()
      expect(response.status, path).toBe(503)
      expect(JSON.parse(text).code).toBe('store_unavailable')
      expect(text).not.toContain(email)
      expect(text).not.toContain('@')
    }
    await asSuperuser(database.superuserUrl, 'drop trigger refuse on events; drop function refuse()')
    expect((await json(`/api/users/${id}`)).status).toBe(200)
  })

  it('answers 503 with a hint while the product is down, and still has its tenants', async () => {
    const { items } = FoundUsers.parse(await get('/api/users?query=%40globex&limit=1'))
    await acme.stop()
    const { status, body } = await json<{ hint: string }>(`/api/users/${items[0]?.id}`)
    expect([status, body.code]).toEqual([503, 'directory_unavailable'])
    expect(body.hint).toMatch(/connector check/)
    expect((await json('/api/tenants/ten_globex')).status).toBe(200)
    expect((await json('/healthz')).status).toBe(200)
  })
})
