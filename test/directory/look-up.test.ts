import { FoundUsers, UserPane } from '@countersign/contract/users.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { listTenantEvents } from '../../server/src/audit/list.ts'
import { openHttpConnector } from '../../server/src/directory/connectors/http.ts'
import { getTenant } from '../../server/src/directory/get-tenant.ts'
import { listTenantUsers } from '../../server/src/directory/list-tenant-users.ts'
import { openUser } from '../../server/src/directory/open-user.ts'
import { readTenantDetails } from '../../server/src/directory/read-tenant-details.ts'
import { searchUsers } from '../../server/src/directory/search-users.ts'
import type { Refusal } from '../../server/src/errors.ts'
import { requireTenantKey } from '../../server/src/identity/keys.ts'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { startSequencer } from '../../server/src/sequencer/sequence.ts'
import { asSuperuser } from '../support/database.ts'
import { at, newPerson, newTenant, type Person, type World } from '../support/directory.ts'
import { newRig, type Rig, rob, staff } from './rig.ts'

const world: World = {
  tenants: [newTenant(1, { name: 'Globex', plan: 'enterprise' }), newTenant(2, { name: 'Initech' })],
  people: [
    newPerson(1, 'ten_0001', { email: 'eve@globex.example', name: 'Eve Adams', role: 'owner' }),
    newPerson(2, 'ten_0001', { email: 'bob@globex.example' }),
    newPerson(3, 'ten_0002', { email: 'eve@initech.example', name: '<script>alert(1)</script>' }),
  ],
}
let rig: Rig
const refusalOf = (promise: Promise<unknown>): Promise<Refusal> =>
  promise.then(
    () => Promise.reject(new Error('answered')),
    (error) => error,
  )
const lastEvent = async () => (await rig.events()).at(-1)

beforeAll(async () => {
  rig = await newRig(world)
  await rig.syncOnce()
})
afterEach(() => {
  rig.directory.fault = undefined
})
afterAll(() => rig.close())

describe('a user', () => {
  it('A7 is found over all tenants by e-mail, name or id, with the name of the tenant', async () => {
    for (const query of ['eve@globex', 'Eve Ad', 'usr_0001']) {
      const found = await searchUsers({ ...rig, principal: rob }, { query, limit: 20 })
      expect(FoundUsers.parse(found).items.map(({ id, tenant_name }) => [id, tenant_name])).toEqual([['usr_0001', 'Globex']])
    }
    expect((await searchUsers({ ...rig, principal: rob }, { query: 'eve@', limit: 20 })).items).toHaveLength(2)
    expect((await searchUsers({ ...rig, principal: rob }, { query: 'eve@', limit: 1 })).items).toHaveLength(1)
  })

  it('A8 A14–A18 has one pane: profile, tenant and plan, role, factors and sessions', async () => {
    const pane = UserPane.parse(await openUser({ ...rig, principal: rob }, { user_id: 'usr_0001', ticket: '#4831' }))
    expect(pane.user).toMatchObject({ name: 'Eve Adams', role: 'owner', email: 'eve@globex.example' })
    expect(pane.tenant).toMatchObject({ id: 'ten_0001', name: 'Globex', plan: 'enterprise' })
    expect(pane.factors).toEqual([{ id: 'fac_1', kind: 'passkey', label: 'Laptop', enrolled_at: at(1), last_used_at: null }])
    expect(pane.sessions[0]).toMatchObject({ device: 'Firefox on Linux', ip: '192.0.2.7', place: 'Berlin', last_seen_at: at(2) })
  })

  it('A11–A13 the pane names who opened it and the ticket, and opening it is an event with both', async () => {
    const pane = await openUser({ ...rig, principal: rob }, { user_id: 'usr_0001', ticket: '#4831' })
    const event = await lastEvent()
    expect(pane.opened).toEqual({
      event_id: event?.id,
      by: { id: rob.id, email: rob.email, name: rob.name, roles: rob.roles },
      at: event?.occurred_at,
      ticket: '#4831',
      read_only: true,
      break_glass: false,
    })
    expect(event).toMatchObject({
      action: 'CONSOLE.OPENED',
      category: 'look_up',
      result: 'ok',
      actor: { kind: 'staff', id: rob.id, issuer: rob.issuer, subject: rob.subject },
      tenant_id: 'ten_0001',
      target: { kind: 'user', id: 'usr_0001', label: 'eve@globex.example' },
      ticket: '#4831',
    })
  })

  it('A2 is not changed by being looked at: the product is as it was, and was only read', async () => {
    const before = JSON.stringify(world)
    const mirror = await rig.store.db.selectFrom('tenants').selectAll().orderBy('id').execute()
    rig.directory.calls.length = 0
    await getTenant({ ...rig, principal: rob }, 'ten_0001')
    await listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_0001', limit: 10 })
    await searchUsers({ ...rig, principal: rob }, { query: 'eve', limit: 10 })
    await openUser({ ...rig, principal: rob }, { user_id: 'usr_0001' })
    expect(rig.directory.calls.map(({ target }) => target.replace(/\?.*/, ''))).toEqual([
      '/directory/',
      '/directory/tenants/ten_0001/users',
      '/directory/users',
      '/directory/users/usr_0001',
    ])
    expect(JSON.stringify(world)).toBe(before)
    expect(await rig.store.db.selectFrom('tenants').selectAll().orderBy('id').execute()).toEqual(mirror)
  })

  it('is stored nowhere but as the target that an event names', async () => {
    await openUser({ ...rig, principal: rob }, { user_id: 'usr_0002' })
    const [{ dump } = { dump: '' }] = await asSuperuser<{ dump: string }>(
      rig.database.superuserUrl,
      `select (select coalesce(string_agg(t::text, ''), '') from tenants t) || (select string_agg(s::text, '') from directory_sync s)
         || (select string_agg(body, '') from events) as dump`,
    )
    for (const datum of ['192.0.2.7', 'Firefox on Linux', 'Laptop', 'Eve Adams', 'Person 2']) expect(dump).not.toContain(datum)
  })

  it('AZ-4 that does not exist is not found, and the attempt is on the record as an error', async () => {
    expect((await refusalOf(openUser({ ...rig, principal: rob }, { user_id: 'usr_none', ticket: 'SUP-1' }))).code).toBe('not_found')
    expect(await lastEvent()).toMatchObject({
      action: 'CONSOLE.OPENED',
      result: 'error',
      code: 'not_found',
      target: { kind: 'user', id: 'usr_none' },
      ticket: 'SUP-1',
    })
    expect((await lastEvent())?.tenant_id).toBeUndefined()
  })
})

describe('a tenant', () => {
  it('is opened on the record; one that never was is not found, on the record too', async () => {
    expect(await getTenant({ ...rig, principal: rob }, 'ten_0001')).toMatchObject({ id: 'ten_0001', name: 'Globex', deleted_at: null })
    expect(await lastEvent()).toMatchObject({ action: 'TENANT.OPENED', result: 'ok', tenant_id: 'ten_0001', target: { label: 'Globex' } })
    expect((await refusalOf(getTenant({ ...rig, principal: rob }, 'ten_none'))).code).toBe('not_found')
    expect(await lastEvent()).toMatchObject({ action: 'TENANT.OPENED', result: 'error', code: 'not_found', target: { id: 'ten_none' } })
  })

  it("shows its users by pages, each on the record with how many, and never another tenant's", async () => {
    const first = await listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_0001', limit: 1 })
    expect(first.next_cursor).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(await lastEvent()).toMatchObject({
      action: 'TENANT.USERS.LISTED',
      result: 'ok',
      tenant_id: 'ten_0001',
      details: { count: 1, user_ids: ['usr_0001'] },
    })
    const second = await listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_0001', limit: 1, cursor: first.next_cursor ?? '' })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['usr_0001', 'usr_0002'])
    expect(second.next_cursor).toBeNull()
    expect((await refusalOf(listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_none', limit: 1 }))).code).toBe('not_found')
    expect(await lastEvent()).toMatchObject({ action: 'TENANT.USERS.LISTED', result: 'error', code: 'not_found' })
    expect((await refusalOf(listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_0001', limit: 1, cursor: 'AB' }))).code).toBe(
      'invalid_request',
    )
  })
})

describe('users of a tenant, narrowed', () => {
  const list = (more: object) => listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_0001', limit: 10, ...more })

  it('are searched, narrowed and sorted by a product that can, on the record with what was searched for', async () => {
    const page = await list({ query: 'bob@' })
    expect(page).toMatchObject({ items: [{ id: 'usr_0002' }], is_narrowable: true, roles: ['owner', 'member'] })
    const [searched, listed] = (await rig.events()).slice(-2)
    expect(searched).toMatchObject({ action: 'USER.SEARCHED', details: { query: 'bob@', user_ids: ['usr_0002'] } })
    expect(searched?.tenant_id).toBeUndefined()
    expect(listed).toMatchObject({ action: 'TENANT.USERS.LISTED', tenant_id: 'ten_0001', details: { count: 1, user_ids: ['usr_0002'] } })
    expect((await list({ status: 'invited' })).items).toEqual([])
    expect((await list({ role: 'owner' })).items.map(({ id }) => id)).toEqual(['usr_0001'])
    expect((await list({ status: 'active', sort: 'email', order: 'desc' })).items.map(({ id }) => id)).toEqual(['usr_0001', 'usr_0002'])
    expect(rig.directory.calls.at(-1)?.target).toContain('status=active&sort=email&order=desc')
  })

  it('are only listed by one that cannot: it is asked for nothing else, and whoever wants more is told why not', async () => {
    rig.directory.features = []
    rig.directory.calls.length = 0
    const { url, audience, issuer } = rig.directory
    const connector = openHttpConnector({ url, audience, issuer, keys: rig.keys })
    const ctx = { ...rig, connector, principal: rob }
    try {
      const page = await listTenantUsers(ctx, { tenant_id: 'ten_0001', limit: 10 })
      expect([page.items.length, page.is_narrowable, page.roles]).toEqual([2, false, []])
      const refused = await refusalOf(listTenantUsers(ctx, { tenant_id: 'ten_0001', limit: 10, sort: 'email' }))
      expect([refused.code, refused.message]).toEqual(['invalid_request', expect.stringContaining('can neither search nor sort')])
      expect(await readTenantDetails(ctx, 'ten_0001')).toEqual({ details: null })
      expect(rig.directory.calls.map(({ target }) => target)).toEqual(['/directory/', '/directory/tenants/ten_0001/users?limit=10'])
    } finally {
      rig.directory.features = ['user_lists', 'tenant_details']
      await connector.close()
    }
  })
})

describe('what a call needs to know', () => {
  it('of a tenant is asked of the product, and who may agree to changes is on the record as listed', async () => {
    const details = {
      authorizers: [{ id: 'usr_0002', name: 'Person 2', email: 'person2@example.com', role: 'owner' }],
      seats_total: 20,
      sso: null,
    }
    world.details = { ten_0001: details }
    expect(await readTenantDetails({ ...rig, principal: rob }, 'ten_0001')).toEqual({ details })
    expect(await lastEvent()).toMatchObject({
      action: 'TENANT.USERS.LISTED',
      result: 'ok',
      tenant_id: 'ten_0001',
      details: { count: 1, user_ids: ['usr_0002'], authorizers: true },
    })
    expect((await refusalOf(readTenantDetails({ ...rig, principal: rob }, 'ten_none'))).code).toBe('not_found')
    expect(await lastEvent()).toMatchObject({ action: 'TENANT.USERS.LISTED', result: 'error', target: { id: 'ten_none' } })
  })

  it('of an account is shown as it is given, unknown members as unknown, and never makes a pane unreadable', async () => {
    const person = world.people.find(({ user }) => user.id === 'usr_0002') as (typeof world.people)[number]
    const open = () => openUser({ ...rig, principal: rob }, { user_id: 'usr_0002' })
    expect((await open()).account).toBeNull()
    person.account = { email_verified: null, failed_sign_ins: 3, locked: true }
    expect((await open()).account).toEqual({ email_verified: null, failed_sign_ins: 3, locked: true })
    person.account = { failed_sign_ins: 'many' } as never
    const pane = await open()
    expect([pane.account, pane.unreadable.account]).toEqual([null, { count: 1, rows: [{ id: '(no id)', members: ['failed_sign_ins'] }] }])
    expect((await lastEvent())?.details).toEqual({ unreadable: 1 })
    delete person.account
  })
})

describe('the record of a search', () => {
  it('says what was asked and what was shown, and tells each tenant of its own users alone', async () => {
    const { length } = await rig.events()
    await searchUsers({ ...rig, principal: rob }, { query: 'eve@', limit: 20 })
    const [searched, ...found] = (await rig.events()).slice(length)
    expect(searched).toMatchObject({
      action: 'USER.SEARCHED',
      result: 'ok',
      details: { query: 'eve@', count: 2, user_ids: ['usr_0001', 'usr_0003'] },
    })
    expect(searched?.tenant_id).toBeUndefined()
    expect(found.map(({ action, tenant_id, details }) => ({ action, tenant_id, details }))).toEqual([
      { action: 'USER.FOUND', tenant_id: 'ten_0001', details: { search: searched?.id, count: 1, user_ids: ['usr_0001'] } },
      { action: 'USER.FOUND', tenant_id: 'ten_0002', details: { search: searched?.id, count: 1, user_ids: ['usr_0003'] } },
    ])
  })

  it('names exactly whom staff were shown, and counts the rows that could not be read', async () => {
    const row = { ...newPerson(9, 'ten_0001').user, status: 'gone' }
    const people = [row, ...world.people.slice(0, 2).map(({ user }) => user)]
    const answer = (body: object) => {
      rig.directory.fault = (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const unreadable = { count: 1, rows: [{ id: 'usr_0009', members: ['status'] }] }
    const ids = ['usr_0001', 'usr_0002']
    answer({ items: people, next_cursor: null })
    const listed = await listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_0001', limit: 10 })
    expect([listed.items.map(({ id }) => id), listed.unreadable]).toEqual([ids, unreadable])
    expect((await lastEvent())?.details).toEqual({ count: 2, user_ids: ids, unreadable: 1 })

    const { length } = await rig.events()
    const found = await searchUsers({ ...rig, principal: rob }, { query: 'eve@', limit: 20 })
    expect([found.items.map(({ id }) => id), found.unreadable]).toEqual([ids, unreadable])
    const [searched, told, ...more] = (await rig.events()).slice(length)
    expect(searched?.details).toEqual({ query: 'eve@', count: 2, user_ids: ids, unreadable: 1 })
    expect([told?.details, more]).toEqual([{ search: searched?.id, count: 2, user_ids: ids }, []])

    const { user, factors, sessions } = world.people[0] as Person
    answer({ user, factors: [{ ...factors[0], kind: 'dongle' }], sessions: [...sessions, null] })
    const pane = UserPane.parse(await openUser({ ...rig, principal: rob }, { user_id: 'usr_0001' }))
    expect([pane.factors, pane.sessions]).toEqual([[], sessions])
    expect(pane.unreadable).toEqual({
      account: { count: 0, rows: [] },
      factors: { count: 1, rows: [{ id: 'fac_1', members: ['kind'] }] },
      sessions: { count: 1, rows: [{ id: '(no id)', members: ['row'] }] },
    })
    expect(await lastEvent()).toMatchObject({ action: 'CONSOLE.OPENED', result: 'ok', details: { unreadable: 2 } })
  })

  it('is made of a search that finds nobody, and of one that fails', async () => {
    expect((await searchUsers({ ...rig, principal: rob }, { query: 'nobody', limit: 20 })).items).toEqual([])
    expect(await lastEvent()).toMatchObject({ action: 'USER.SEARCHED', result: 'ok', details: { query: 'nobody', count: 0 } })
    rig.directory.fault = (_request, response) => response.writeHead(503).end()
    expect((await refusalOf(searchUsers({ ...rig, principal: rob }, { query: 'eve@', limit: 20 }))).code).toBe('directory_unavailable')
    expect(await lastEvent()).toMatchObject({
      action: 'USER.SEARCHED',
      result: 'error',
      code: 'directory_unavailable',
      details: { query: 'eve@' },
    })
    rig.directory.fault = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[]')
    expect((await refusalOf(searchUsers({ ...rig, principal: rob }, { query: 'eve@', limit: 20 }))).code).toBe('directory_garbled')
    expect(await lastEvent()).toMatchObject({ result: 'error', code: 'directory_garbled' })
  })

  it.each(['\0', '\ud800', '{"$ne":1}', '\u202Ebob', '\u001b[2J'])('takes %j as it is', async (query) => {
    expect((await searchUsers({ ...rig, principal: rob }, { query: `eve${query}`, limit: 20 })).items).toEqual([])
    expect(await lastEvent()).toMatchObject({ details: { query: `eve${query}`.toWellFormed() } })
  })
})

describe('P1 nothing of a look-up leaves', () => {
  const lookUps = {
    'the pane of a user': () => openUser({ ...rig, principal: rob }, { user_id: 'usr_0001' }),
    'a search': () => searchUsers({ ...rig, principal: rob }, { query: 'eve@', limit: 20 }),
    'the users of a tenant': () => listTenantUsers({ ...rig, principal: rob }, { tenant_id: 'ten_0001', limit: 10 }),
    'the page of a tenant': () => getTenant({ ...rig, principal: rob }, 'ten_0001'),
  }

  it.each(Object.entries(lookUps))('of %s unless its event was recorded', async (_what, ask) => {
    await asSuperuser(rig.database.superuserUrl, 'revoke insert on events from countersign_app')
    const error = await refusalOf(ask())
    expect(String(error)).toMatch(/permission denied for table events/)
    await asSuperuser(rig.database.superuserUrl, 'grant insert on events to countersign_app')
    await expect(ask()).resolves.toBeDefined()
  })

  it.each(Object.entries(lookUps))('of %s unless the commit was confirmed', async (_what, ask) => {
    // The server says this beside a COMMIT that looks like success, when the wait for a standby is cancelled.
    await asSuperuser(
      rig.database.superuserUrl,
      `create function unconfirmed() returns trigger language plpgsql as $$
         begin raise warning 'canceling wait for synchronous replication due to user request'; return null; end $$;
       create constraint trigger unconfirmed after insert on events deferrable initially deferred for each row execute function unconfirmed()`,
    )
    expect((await refusalOf(ask())).code).toBe('not_durable')
    await asSuperuser(rig.database.superuserUrl, 'drop trigger unconfirmed on events; drop function unconfirmed()')
  })

  it('C1 to anybody without a role for the console, and nobody is asked', async () => {
    const eve = staff('eve', ['auditor', 'support_manager'])
    const before = rig.directory.calls.length
    expect((await refusalOf(openUser({ ...rig, principal: eve }, { user_id: 'usr_0001' }))).code).toBe('not_found')
    for (const ask of [
      () => searchUsers({ ...rig, principal: eve }, { query: 'eve@', limit: 20 }),
      () => listTenantUsers({ ...rig, principal: eve }, { tenant_id: 'ten_0001', limit: 10 }),
      () => getTenant({ ...rig, principal: eve }, 'ten_0001'),
    ]) {
      expect((await refusalOf(ask())).code).toBe('role_missing')
    }
    const denied = (await rig.events()).filter(({ result, actor }) => result === 'deny' && actor.id === eve.id)
    expect(denied.map(({ target, tenant_id, code }) => [target?.id, tenant_id, code])).toEqual([
      ['usr_0001', undefined, 'not_found'],
      ['search for users', undefined, 'role_missing'],
      ["list a tenant's users", 'ten_0001', 'role_missing'],
      ['open a tenant', 'ten_0001', 'role_missing'],
    ])
    expect(rig.directory.calls).toHaveLength(before)
  })
})

describe('what the tenant sees', () => {
  const own = async (tenantId: string) => (await listTenantEvents(rig.store, tenantId, {}, { limit: 200 })).items

  it('TI-9 X3 each look-up of its users within 5 s, with who and the ticket, the same event as ours', async () => {
    const sequencer = await startSequencer({
      store: rig.store,
      keys: rig.keys,
      dataDir: rig.database.dataDir,
      origin: 'test/log',
      log: { warn() {}, error() {}, info() {} } as never,
    })
    const began = performance.now()
    const pane = await openUser({ ...rig, principal: rob }, { user_id: 'usr_0001', ticket: 'SUP-77' })
    const seen = await expect
      .poll(async () => (await own('ten_0001')).find(({ id }) => id === pane.opened.event_id), { timeout: 5_000, interval: 20 })
      .toMatchObject({
        action: 'CONSOLE.OPENED',
        ticket: 'SUP-77',
        actor: { kind: 'staff', email: rob.email, subject: 'rob' },
        log_index: expect.any(Number),
      })
      .then(() => performance.now() - began)
    expect(seen).toBeLessThan(5_000)
    const actions = new Set((await own('ten_0001')).map(({ action }) => action))
    for (const action of ['CONSOLE.OPENED', 'USER.FOUND', 'TENANT.OPENED', 'TENANT.USERS.LISTED']) expect(actions).toContain(action)
    // Of a search it sees its own users, and never the text, which may speak of another tenant's.
    expect(JSON.stringify(await own('ten_0001'))).not.toMatch(/ten_0002|usr_0003|initech|"query"/i)
    await sequencer.stop()
  })

  it('TI-10 a tenant that is renamed or deleted keeps its history; one that got its id sees nothing of it', async () => {
    const before = await own('ten_0001')
    const { key } = await createKey({ ...rig, principal: { kind: 'operator', id: 'test' } }, { tenant_id: 'ten_0001', name: 'SIEM' })
    const useKey = () => requireTenantKey(rig, ['X-API-Key', key])
    expect(before.length).toBeGreaterThan(5)
    const { world } = rig.directory
    world.tenants = [newTenant(1, { name: 'Renamed', updated_at: at(350) }), newTenant(2)]
    await rig.syncOnce()
    expect(await own('ten_0001')).toEqual(before)
    world.tenants = [newTenant(1, { deleted_at: at(351), updated_at: at(351) }), newTenant(2)]
    expect(await rig.syncOnce()).toMatchObject({ deleted: 1 })
    expect(await own('ten_0001')).toEqual(before)
    expect(await getTenant({ ...rig, principal: rob }, 'ten_0001')).toMatchObject({ deleted_at: at(351) })
    await expect(useKey()).resolves.toMatchObject({ tenant_id: 'ten_0001' })
    world.tenants = [newTenant(1, { name: 'Another', created_at: at(352), updated_at: at(352) }), newTenant(2)]
    expect(await rig.syncOnce()).toMatchObject({ restored: 1, recreated: ['ten_0001'] })
    expect(await own('ten_0001')).toEqual([])
    // And who holds a key from before sees nothing of the new one.
    expect((await refusalOf(useKey())).code).toBe('key_refused')
    expect((await rig.events()).filter(({ tenant_id }) => tenant_id === 'ten_0001').length).toBeGreaterThanOrEqual(before.length)
    expect((await rig.events()).findLast(({ action }) => action === 'TENANT.DIRECTORY.SYNCED')?.details).toMatchObject({
      recreated: ['ten_0001'],
    })
  })
})
