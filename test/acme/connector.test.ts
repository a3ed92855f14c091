import { createHash } from 'node:crypto'
import {
  ConnectorError,
  ConnectorInfo,
  ConnectorTenantDetails,
  ConnectorTenantPage,
  ConnectorUserDetail,
  ConnectorUserPage,
  ConnectorUserSearch,
} from '@countersign/contract/connector.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededPassword } from '../../examples/acme/src/seed/people.ts'
import { type AcmeRig, newIssuer, now, signIn, startAcme } from './rig.ts'

let acme: AcmeRig

beforeAll(async () => {
  acme = await startAcme()
})

afterAll(() => acme?.stop())

const get = async (target: string) => {
  const response = await acme.ask(target)
  expect(response.status, target).toBe(200)
  return response.json()
}

const refusal = async (response: Response) => ({ status: response.status, ...ConnectorError.parse(await response.json()) })

describe('a call', () => {
  it('that Countersign signed is answered', async () => {
    expect(ConnectorInfo.parse(await get('/countersign'))).toMatchObject({ product: 'Acme Attest' })
  })

  const wrong: [string, Record<string, unknown>][] = [
    ['another issuer', { iss: 'https://evil.example' }],
    ['the audience of the product API', { aud: 'acme-api' }],
    ['an exp in the past', { iat: now() - 90, exp: now() - 60 }],
    ['a life of over 60 s', { exp: now() + 120 }],
    ['another method', { htm: 'DELETE' }],
    ['another target', { htu: '/countersign/users?query=b' }],
    ['the hash of another body', { body_sha256: createHash('sha256').update('{}').digest('base64url') }],
    ['no hash of the body', { body_sha256: undefined }],
    ['no jti', { jti: undefined }],
  ]
  for (const [what, claims] of wrong) {
    it(`is refused with ${what}`, async () => {
      expect(await refusal(await acme.ask('/countersign/users?query=a', { claims }))).toMatchObject({ status: 401, code: 'bad_assertion' })
    })
  }

  it('is refused a second time', async () => {
    const claims = { jti: 'the-same-one' }
    expect((await acme.ask('/countersign', { claims })).status).toBe(200)
    expect(await refusal(await acme.ask('/countersign', { claims }))).toMatchObject({ status: 401, code: 'replayed' })
  })

  it('is refused unsigned, by a stranger, and with a body that was put there later', async () => {
    const stranger = await newIssuer()
    expect(await refusal(await fetch(`${acme.url}/countersign/tenants`))).toMatchObject({ status: 401, code: 'not_signed_in' })
    expect(await refusal(await acme.ask('/countersign', { signer: stranger }))).toMatchObject({ status: 401, code: 'bad_assertion' })
    expect(await refusal(await acme.ask('/countersign/anything', { method: 'POST', body: '{}' }))).toMatchObject({
      status: 401,
      code: 'bad_assertion',
    })
    await stranger.close()
  })

  it('with bad parameters gets a clear answer', async () => {
    for (const target of [
      '/countersign/tenants?limit=0',
      '/countersign/tenants?since=x',
      '/countersign/users',
      '/countersign/users?query=%20',
    ]) {
      expect(await refusal(await acme.ask(target)), target).toMatchObject({ status: 400, code: 'bad_request' })
    }
    for (const target of ['/countersign/users/usr_none', '/countersign/tenants/ten_none/users', '/countersign/other']) {
      expect(await refusal(await acme.ask(target)), target).toMatchObject({ status: 404, code: 'not_found' })
    }
  })
})

/** Reads to the end, a page at a time. */
async function readTenants(limit: number, since?: string): Promise<{ tenants: Tenant[]; token: string; pages: number }> {
  const tenants: Tenant[] = []
  let cursor: string | null = null
  for (let pages = 1; ; pages++) {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor ? { cursor } : since ? { since } : {}) })
    const page = ConnectorTenantPage.parse(await get(`/countersign/tenants?${query}`))
    tenants.push(...page.items)
    cursor = page.next_cursor
    expect(page.sync_token === null).toBe(cursor !== null)
    if (cursor === null) return { tenants, token: page.sync_token ?? '', pages }
  }
}

describe('tenants', () => {
  it('come in pages, each once, in every lifecycle state', async () => {
    const { tenants, pages } = await readTenants(7)
    expect(pages).toBe(9)
    expect(new Set(tenants.map((tenant) => tenant.id)).size).toBe(60)
    expect(new Set(tenants.map((tenant) => tenant.status))).toEqual(
      new Set(['active', 'trial', 'onboarding', 'pending', 'suspended', 'closed']),
    )
    expect(tenants.reduce((sum, tenant) => sum + (tenant.user_count ?? 0), 0)).toBe(3000)
    expect(tenants.find((tenant) => tenant.id === 'ten_globex')).toMatchObject({ name: 'Globex', user_count: 412, deleted_at: null })
  })

  it('come incrementally: what changed since, and nothing else', async () => {
    const { token } = await readTenants(1000)
    expect((await readTenants(1000, token)).tenants).toEqual([])
    await acme.sql(`UPDATE organization SET status = 'active' WHERE id = 'ten_soylent'`)
    await acme.sql(
      `DELETE FROM "user" WHERE id = (SELECT "userId" FROM member WHERE "organizationId" = 'ten_stark' AND role = 'member' LIMIT 1)`,
    )
    const changed = await readTenants(1, token)
    expect(changed.tenants.map(({ id, status, user_count }) => ({ id, status, user_count }))).toEqual([
      { id: 'ten_soylent', status: 'active', user_count: 9 },
      { id: 'ten_stark', status: 'active', user_count: 186 },
    ])
    expect((await readTenants(1000, changed.token)).tenants).toEqual([])
  })

  it('that are deleted come as tombstones, in increments and in full reads', async () => {
    const { token } = await readTenants(1000)
    await acme.sql(`INSERT INTO organization (id, name, slug, "createdAt", status) VALUES ('ten_gone', 'Gone', 'gone', now(), 'trial')`)
    const created = await readTenants(1000, token)
    expect(created.tenants).toMatchObject([{ id: 'ten_gone', deleted_at: null }])
    await acme.sql(`DELETE FROM organization WHERE id = 'ten_gone'`)
    const deleted = await readTenants(1000, created.token)
    expect(deleted.tenants).toMatchObject([{ id: 'ten_gone', name: 'Gone', deleted_at: expect.any(String) }])
    const { tenants } = await readTenants(25)
    expect(tenants.filter((tenant) => tenant.id === 'ten_gone')).toEqual(deleted.tenants)
  })

  it('are not missed when a change that began earlier commits after a later one was read', async () => {
    const { token } = await readTenants(1000)
    const [early, late] = [new pg.Client({ connectionString: acme.databaseUrl }), new pg.Client({ connectionString: acme.databaseUrl })]
    await Promise.all([early.connect(), late.connect()])
    await early.query(`BEGIN; UPDATE organization SET plan = 'starter' WHERE id = 'ten_wayne'`)
    let done = false
    const later = late.query(`UPDATE organization SET plan = 'starter' WHERE id = 'ten_hooli'`).then(() => {
      done = true
    })
    const waiting = () => acme.sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE 'UPDATE organization%'`)
    await expect.poll(async () => done || (await waiting()).length > 0).toBe(true)
    const between = await readTenants(1000, token)
    await early.query('COMMIT')
    await later
    const after = await readTenants(1000, between.token)
    expect([...between.tenants, ...after.tenants].map((tenant) => tenant.id).sort()).toEqual(['ten_hooli', 'ten_wayne'])
    await Promise.all([early.end(), late.end()])
  })
})

describe('users', () => {
  const page = async (tenant: string, asked: Record<string, string>) =>
    ConnectorUserPage.parse(await get(`/countersign/tenants/${tenant}/users?${new URLSearchParams(asked)}`))

  it.each(['name', 'email', 'role', 'status', 'last_seen_at'])(
    'of a tenant are sorted by %s both ways, by pages, each once',
    async (sort) => {
      const read = async (order: string) => {
        const ids: string[] = []
        for (let cursor: string | null = ''; cursor !== null; ) {
          const found: ConnectorUserPage = await page('ten_hooli', { limit: '9', sort, order, ...(cursor === '' ? {} : { cursor }) })
          ids.push(...found.items.map(({ id }) => id))
          cursor = found.next_cursor
        }
        return ids
      }
      const up = await read('asc')
      expect(new Set(up).size).toBe(64)
      expect(await read('desc')).toEqual(up.toReversed())
    },
  )

  it('of a tenant are searched and narrowed, and nothing typed is a wildcard', async () => {
    expect((await page('ten_globex', { query: 'EVE@' })).items).toMatchObject([{ id: 'usr_eve_globex' }])
    expect((await page('ten_globex', { query: 'milton' })).items).toEqual([])
    for (const query of ['%', '_', '\\']) expect([query, (await page('ten_globex', { query })).items]).toEqual([query, []])
    const { items, roles } = await page('ten_globex', { role: 'admin', status: 'active', limit: '1000' })
    expect(items.length).toBeGreaterThan(3)
    expect(new Set(items.map(({ role, status }) => `${role} ${status}`))).toEqual(new Set(['admin active']))
    expect(roles).toEqual(['admin', 'member', 'owner'])
    for (const asked of ['sort=password', 'status=x', 'cursor=x', 'order=up'])
      expect((await refusal(await acme.ask(`/countersign/tenants/ten_globex/users?${asked}`))).code).toBe('bad_request')
  })

  it('tell of failed sign-ins until one succeeds, and of an address that is not verified', async () => {
    const account = async (id: string) => ConnectorUserDetail.parse(await get(`/countersign/users/${id}`)).account
    expect(await account('usr_hank_globex')).toMatchObject({
      email_verified: true,
      may_authorize: true,
      failed_sign_ins: 0,
      invited_at: null,
    })
    for (let n = 0; n < 2; n++)
      await fetch(`${acme.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: acme.url },
        body: JSON.stringify({ email: 'hank@globex.example', password: 'not the right one' }),
      })
    expect(await account('usr_hank_globex')).toMatchObject({ failed_sign_ins: 2, last_failed_at: expect.any(String) })
    await signIn(acme.url, 'hank@globex.example', seededPassword)
    expect(await account('usr_hank_globex')).toMatchObject({ failed_sign_ins: 0, last_failed_at: null })
    const invited = (await page('ten_globex', { status: 'invited' })).items[0]
    expect(await account(invited?.id ?? '')).toMatchObject({ email_verified: false, may_authorize: false, invited_at: expect.any(String) })
  })

  it('who may agree to changes are named with their tenant', async () => {
    const details = ConnectorTenantDetails.parse(await get('/countersign/tenants/ten_globex'))
    expect(details).toMatchObject({ seats_total: 420, time_zone: 'Europe/Berlin' })
    expect(details.authorizers?.[0]).toMatchObject({ id: 'usr_hank_globex', role: 'owner', email: 'hank@globex.example' })
    expect(await refusal(await acme.ask('/countersign/tenants/ten_none'))).toMatchObject({ status: 404, code: 'not_found' })
  })

  it('of a tenant come in pages, each once', async () => {
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const target: string = `/countersign/tenants/ten_umbrella/users?limit=100${cursor ? `&cursor=${cursor}` : ''}`
      const page = ConnectorUserPage.parse(await get(target))
      ids.push(...page.items.map((user) => user.id))
      expect(new Set(page.items.map((user) => user.tenant_id))).toEqual(new Set(['ten_umbrella']))
      cursor = page.next_cursor
    } while (cursor)
    expect(new Set(ids).size).toBe(305)
    expect(ids).toHaveLength(305)
  })

  const search = async (query: string, limit = 10) =>
    ConnectorUserSearch.parse(await get(`/countersign/users?${new URLSearchParams({ query, limit: String(limit) })}`)).items

  it('A7 are found by the start of an e-mail address, a name, a later part of a name, and an id', async () => {
    for (const query of ['eve@globex', 'EVE@GLOBEX.EXAMPLE', 'usr_eve_globex', 'usr_eve', 'Eve Rou']) {
      expect((await search(query))[0]?.id, query).toBe('usr_eve_globex')
    }
    expect((await search('sorensen', 50)).map((user) => user.id)).toContain('usr_hank_globex')
  })

  it('A7 are found in spite of typing errors, accents and case', async () => {
    for (const [query, id] of [
      ['eve rorke', 'usr_eve_globex'],
      ['eve@globx.example', 'usr_eve_globex'],
      ['milton wdae', 'usr_milton_initech'],
      ['hank sørensen', 'usr_hank_globex'],
      ['rachel rosen', 'usr_rachael_tyrell'],
    ] as const) {
      expect(
        (await search(query)).map((user) => user.id),
        query,
      ).toContain(id)
    }
    const accents = await search('muller', 50)
    expect(accents.some((user) => user.name.endsWith('Müller'))).toBe(true)
  })

  it('A7 are found alone where the text is whole, or whole but for a slip: whoever is shown is on the record', async () => {
    for (const query of [
      'eve@globex.example',
      'EVE@Globex.example',
      'eev@globex.example',
      'eve@golbex.example',
      'ev@globex.example',
      'eve@globx.exmple',
      'usr_eve_globex',
    ]) {
      expect(
        (await search(query, 50)).map(({ id }) => id),
        query,
      ).toEqual(['usr_eve_globex'])
    }
    expect((await search('milton wdae', 50)).map(({ id }) => id)).toEqual(['usr_milton_initech'])
    // Nobody is called so: those who share the domain alone are not meant.
    expect(await search('nobody.at.all@globex.example', 50)).toEqual([])
  })

  it('A7 are found in every script', async () => {
    for (const query of ['Шевченко', 'шевч', 'الهاشمي', 'כהן', 'शर्मा', 'แสงทอง', '王伟', '佐藤', '김', 'ሰላም', 'Παπαδοπούλου']) {
      const found = await search(query)
      expect(found.length, query).toBeGreaterThan(0)
      expect(found[0]?.name.toLowerCase().normalize('NFC'), query).toContain(query.toLowerCase())
    }
  })

  it('A7 are compared without what cannot be seen; a look-alike is another person', async () => {
    const found = await search('eve rourke', 20)
    expect(found[0]?.email).toBe('eve@globex.example')
    expect(found.map((user) => user.email)).toContain('zerowidth@globex.example')
    expect((await search('Еvе Rоurkе'))[0]?.email).toBe('eve.rourke@hooli.example')
  })

  it('are not found by wildcards, and no input is more than text', async () => {
    expect(await search('%%%')).toEqual([])
    expect(await search('___')).toEqual([])
    expect(await search('\uff05')).toEqual([])
    expect(await search('\u200b')).toEqual([])
    expect((await search(`'; DROP TABLE "user"; --`)).every((user) => user.name.includes('DROP'))).toBe(true)
    expect(await search('\\')).toEqual([])
  })

  it('A7 are found in under 50 ms', async () => {
    const queries = ['eve', 'a', 'globex', 'muller', 'jhon smiht', 'شركة', 'anna.', 'usr_', 'x'.repeat(200), 'kovacs marton']
    for (const query of queries) {
      let best = Number.POSITIVE_INFINITY
      for (let n = 0; n < 100 && best >= 50; n++) {
        const started = performance.now()
        await search(query, 50)
        best = Math.min(best, performance.now() - started)
      }
      // The best of some: what the search needs, not what else the machine does.
      expect(best, query).toBeLessThan(50)
    }
  }, 120_000)

  it('A8 A17 A18 show their factors and sessions', async () => {
    const eve = ConnectorUserDetail.parse(await get('/countersign/users/usr_eve_globex'))
    expect(eve.user).toMatchObject({ name: 'Eve Rourke', tenant_id: 'ten_globex', role: 'member', status: 'active' })
    expect(eve.factors.map((factor) => factor.kind).sort()).toEqual(expect.arrayContaining(['magic_link', 'passkey', 'password']))
    expect(eve.sessions.length).toBeGreaterThan(0)
    expect(eve.sessions[0]).toMatchObject({ device: expect.stringMatching(/ on /), ip: expect.any(String), place: expect.any(String) })
    const milton = ConnectorUserDetail.parse(await get('/countersign/users/usr_milton_initech'))
    expect(milton.factors.map((factor) => factor.kind)).toEqual(expect.arrayContaining(['password', 'totp', 'recovery_codes', 'passkey']))
    expect(JSON.stringify([eve, milton])).not.toMatch(/publicKey|secret|token|hash/)
  })

  it('A18 show a session that began just now, and no longer when it ended', async () => {
    const sessions = async () => ConnectorUserDetail.parse(await get('/countersign/users/usr_lucius_wayne')).sessions
    const before = await sessions()
    const cookie = await signIn(acme.url, 'lucius@wayne.example', seededPassword)
    const [newest] = await sessions()
    expect(before.map((session) => session.id)).not.toContain(newest?.id)
    expect(newest?.ip).toBe('127.0.0.1')
    const ended = await fetch(`${acme.url}/api/auth/sign-out`, {
      method: 'POST',
      headers: { cookie, origin: acme.url, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(ended.status).toBe(200)
    expect((await sessions()).map((session) => session.id)).toEqual(before.map((session) => session.id))
  })

  it('show who is suspended and who was only invited', async () => {
    const [banned] = await acme.sql<{ id: string }>(`SELECT id FROM "user" WHERE banned LIMIT 1`)
    const [invited] = await acme.sql<{ id: string }>(`SELECT id FROM "user" WHERE NOT "emailVerified" LIMIT 1`)
    expect(ConnectorUserDetail.parse(await get(`/countersign/users/${banned?.id}`)).user.status).toBe('suspended')
    const detail = ConnectorUserDetail.parse(await get(`/countersign/users/${invited?.id}`))
    expect(detail).toMatchObject({ user: { status: 'invited', last_seen_at: null }, factors: [], sessions: [] })
  })

  it('all fit the contract, whatever they call themselves', async () => {
    let users = 0
    for (const { id } of await acme.sql<{ id: string }>('SELECT id FROM organization')) {
      users += ConnectorUserPage.parse(await get(`/countersign/tenants/${id}/users?limit=1000`)).items.length
    }
    expect(users).toBe(2999)
  })
})
