import { ListTenants, type Tenant } from '@countersign/contract/tenants.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Connector } from '../../server/src/directory/connector.ts'
import { listTenants } from '../../server/src/directory/list-tenants.ts'
import { startSync } from '../../server/src/directory/sync.ts'
import { Refusal } from '../../server/src/errors.ts'
import { asSuperuser } from '../support/database.ts'
import { at, newTenant } from '../support/directory.ts'
import { until } from '../support/until.ts'
import { newRig, type Rig, rob, schedule } from './rig.ts'

let rig: Rig
const mirrored = async () => {
  const rows = await rig.store.db.selectFrom('tenants').select(['id', 'name', 'deleted_at']).orderBy('id').execute()
  return rows.map(({ id, name, deleted_at }) => `${id} ${name}${deleted_at ? ' (deleted)' : ''}`)
}
const syncEvents = async () => (await rig.events()).filter(({ action }) => action === 'TENANT.DIRECTORY.SYNCED')
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: Refusal) => error.code ?? String(error),
  )
/** Makes the next round a full one, as if the last had been long ago. */
const fullRoundDue = () => asSuperuser(rig.database.superuserUrl, `update directory_sync set full_finished_at = '-infinity'`)

beforeAll(async () => {
  rig = await newRig({ tenants: [], people: [] })
})
afterEach(async () => {
  rig.directory.fault = undefined
  rig.directory.calls.length = 0
  await asSuperuser(
    rig.database.superuserUrl,
    `truncate tenants, unreadable_tenants;
     update directory_sync set round = 0, full_round = true, cursor = null, sync_token = null, started_at = null, finished_at = null,
       full_finished_at = null, error = null, address = null, audience = null;
     delete from leases;
     truncate events`,
  )
})
afterAll(() => rig.close())

describe('a round', () => {
  it('C8 brings all tenants, page by page, and says so in one event for each page that changed something', async () => {
    rig.directory.world.tenants = Array.from({ length: 1201 }, (_, n) => newTenant(n))
    expect(await rig.syncOnce()).toMatchObject({ added: 1201, changed: 0, deleted: 0, restored: 0 })
    expect(await mirrored()).toHaveLength(1201)
    expect(rig.directory.calls).toHaveLength(3)
    const events = await syncEvents()
    expect(events).toMatchObject([500, 500, 201].map((added) => ({ details: { added } })))
    expect(events[0]).toMatchObject({ actor: { kind: 'system', id: 'directory' }, result: 'ok', details: { full: true } })
    const state = await rig.syncState()
    expect(state).toMatchObject({ cursor: null, error: null, sync_token: at(299) })
    expect(state.finished_at).toBeInstanceOf(Date)
  })

  it('writes only what changed: a full round that finds one tenant changed writes that one, in the mirror and in the overview', async () => {
    const { world } = rig.directory
    world.tenants = Array.from({ length: 600 }, (_, n) => newTenant(n))
    await rig.syncOnce()
    const written = async () => {
      const rows = await asSuperuser<{ id: string; at: string }>(
        rig.database.superuserUrl,
        `select 'mirror ' || id as id, xmin || ' ' || ctid as at from tenants
         union all select 'overview ' || tenant_id, xmin || ' ' || ctid from tenant_health`,
      )
      return new Map(rows.map(({ id, at }) => [id, at]))
    }
    const before = await written()
    const [first] = world.tenants
    if (first) world.tenants = [{ ...first, name: 'Renamed' }, ...world.tenants.slice(1)]
    await fullRoundDue()
    expect(await rig.syncOnce()).toMatchObject({ changed: 1, added: 0 })
    const after = await written()
    expect(
      [...after]
        .filter(([id, at]) => before.get(id) !== at)
        .map(([id]) => id)
        .toSorted(),
    ).toEqual([`mirror ${first?.id}`, `overview ${first?.id}`])
  })

  it('reads only what changed, sees deletions and restorations, and is silent when nothing changed', async () => {
    const { world } = rig.directory
    world.tenants = [newTenant(1), newTenant(2), newTenant(3)]
    await rig.syncOnce()
    world.tenants = [
      newTenant(1, { name: 'Renamed', updated_at: at(400) }),
      newTenant(2, { deleted_at: at(401), updated_at: at(401) }),
      newTenant(3),
    ]
    expect(await rig.syncOnce()).toMatchObject({ added: 0, changed: 1, deleted: 1, restored: 0 })
    expect(new URL(rig.directory.calls.at(-1)?.target ?? '', 'http://x').searchParams.get('since')).toBe(at(3))
    expect(await mirrored()).toEqual(['ten_0001 Renamed', 'ten_0002 Tenant 2 (deleted)', 'ten_0003 Tenant 3'])
    const events = (await syncEvents()).length
    expect(await rig.syncOnce()).toMatchObject({ added: 0, changed: 0, deleted: 0, restored: 0 })
    expect(await syncEvents()).toHaveLength(events)
    world.tenants = [newTenant(1), newTenant(2, { updated_at: at(402) }), newTenant(3)]
    expect(await rig.syncOnce()).toMatchObject({ restored: 1, recreated: [] })
    expect(await mirrored()).toContain('ten_0002 Tenant 2')
  })

  it('finds out by a full round what a directory dropped without a word', async () => {
    rig.directory.world.tenants = [newTenant(1), newTenant(2), newTenant(3)]
    await rig.syncOnce()
    rig.directory.world.tenants = [newTenant(1), newTenant(3)]
    await rig.syncOnce()
    expect(await mirrored()).toContain('ten_0002 Tenant 2')
    await fullRoundDue()
    expect(await rig.syncOnce()).toMatchObject({ deleted: 1 })
    expect(await mirrored()).toContain('ten_0002 Tenant 2 (deleted)')
  })

  it('takes nothing from the mirror where the directory suddenly names no tenant at all', async () => {
    rig.directory.world.tenants = [newTenant(1), newTenant(2)]
    await rig.syncOnce()
    rig.directory.world.tenants = []
    await fullRoundDue()
    expect(await codeOf(rig.syncOnce())).toBe('directory_garbled')
    expect(await mirrored()).toEqual(['ten_0001 Tenant 1', 'ten_0002 Tenant 2'])
    expect((await rig.syncState()).error).toBe('directory_garbled: it names no tenant at all, where there were some')
    rig.directory.world.tenants = [newTenant(1), newTenant(2)]
    await rig.syncOnce()
    expect((await rig.syncState()).error).toBeNull()
  })

  it('leaves no row for the tombstone of a tenant that was never here', async () => {
    rig.directory.world.tenants = [newTenant(1), newTenant(2, { deleted_at: at(5) })]
    expect(await rig.syncOnce()).toMatchObject({ added: 1, deleted: 0 })
    expect(await mirrored()).toEqual(['ten_0001 Tenant 1'])
  })

  it('takes names as they come: 1,000 characters of four bytes, markup, quotes and formulas', async () => {
    const names = ['\u{1F600}'.repeat(500), '\u{20000}'.repeat(500), `'; drop table tenants; --`, '<b>x</b>', '=1+1', '', 'İ'.repeat(1000)]
    rig.directory.world.tenants = names.map((name, n) => newTenant(n, { name }))
    expect(await rig.syncOnce()).toMatchObject({ added: names.length })
    expect(await mirrored()).toEqual(names.map((name, n) => `ten_${String(n).padStart(4, '0')} ${name}`))
  })

  it('refuses a page that leads to itself', async () => {
    rig.directory.world.tenants = [newTenant(1)]
    await rig.syncOnce()
    await fullRoundDue()
    const items = [newTenant(1, { name: 'Changed' })]
    rig.directory.fault = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items, next_cursor: 'same', sync_token: null }))
    expect(await codeOf(rig.syncOnce())).toBe('directory_garbled')
    expect(await rig.syncState()).toMatchObject({ cursor: null, sync_token: null, finished_at: expect.any(Date) })
  })

  it('ends where a directory repeats its pages without end', async () => {
    let n = 0
    rig.directory.fault = (_request, response) => {
      n += 1
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ items: [newTenant(1), newTenant(2)], next_cursor: `page${n}`, sync_token: null }))
    }
    expect(await codeOf(rig.syncOnce())).toBe('directory_garbled')
    expect(n).toBe(2)
  })
})

describe('a row that cannot be read', () => {
  const unreadable = async () => (await listTenants({ ...rig, principal: rob }, ListTenants.parse({}))).directory.unreadable
  const bad = (n: number, members: object): Tenant => ({ ...newTenant(n), status: 'gone', ...members }) as unknown as Tenant

  it('stops no other, is named by id and member on the record and on the page, and is news once', async () => {
    const { world } = rig.directory
    world.tenants = [newTenant(1), newTenant(2), newTenant(3)]
    await rig.syncOnce()
    world.tenants = [newTenant(1, { name: 'Renamed', updated_at: at(400) }), bad(2, { updated_at: at(400) }), newTenant(3), newTenant(4)]
    expect(await rig.syncOnce()).toMatchObject({ added: 1, changed: 1, deleted: 0 })
    await fullRoundDue()
    expect(await rig.syncOnce()).toMatchObject({ added: 0, changed: 0, deleted: 0 })
    expect(await mirrored()).toEqual(['ten_0001 Renamed', 'ten_0002 Tenant 2', 'ten_0003 Tenant 3', 'ten_0004 Tenant 4'])
    const rows = [{ id: 'ten_0002', members: ['status'] }]
    expect(await unreadable()).toEqual({ count: 1, rows })
    const named = (await syncEvents()).filter(({ details }) => details && 'unreadable' in details)
    expect(named).toMatchObject([{ result: 'ok', details: { unreadable: { count: 1, rows } } }])
  })

  it('is forgotten when it can be read, and when the directory does not show it any more', async () => {
    const { world } = rig.directory
    world.tenants = [bad(1, {}), bad(2, {}), newTenant(3)]
    await rig.syncOnce()
    world.tenants = [newTenant(1, { updated_at: at(400) }), newTenant(3)]
    await rig.syncOnce()
    expect(await unreadable()).toEqual({ count: 1, rows: [{ id: 'ten_0002', members: ['status'] }] })
    await asSuperuser(rig.database.superuserUrl, `update directory_sync set full_finished_at = clock_timestamp() - interval '16 minutes'`)
    await rig.syncOnce()
    expect(await unreadable()).toEqual({ count: 0, rows: [] })
  })

  const endings: [what: string, row: object][] = [
    ['with a deletion', { deleted_at: at(400), updated_at: at(400) }],
    ['with a deletion on no day', { deleted_at: 'yesterday', updated_at: at(400) }],
    ["with a later birth: the id is another tenant's", { created_at: at(399), updated_at: at(400) }],
  ]
  it.each(endings)('%s ends the tenant all the same, and another beside it ends too', async (_what, row) => {
    const { world } = rig.directory
    const ended: string[] = []
    const endSessions = async (_tx: unknown, ids: readonly string[]) => void ended.push(...ids)
    world.tenants = [newTenant(1), newTenant(2), newTenant(3)]
    await rig.syncOnce()
    world.tenants = [bad(1, row), newTenant(2, { deleted_at: at(400), updated_at: at(400) }), newTenant(3)]
    expect(await rig.syncOnce({ endSessions })).toMatchObject({ deleted: 2 })
    expect(await mirrored()).toEqual(['ten_0001 Tenant 1 (deleted)', 'ten_0002 Tenant 2 (deleted)', 'ten_0003 Tenant 3'])
    expect(ended).toEqual(['ten_0001', 'ten_0002'])
    world.tenants = [newTenant(1, { updated_at: at(401) }), newTenant(3)]
    expect(await rig.syncOnce()).toMatchObject({ restored: 1 })
  })

  it('ends a directory that repeats a page of such rows without end', async () => {
    let n = 0
    rig.directory.fault = (_request, response) => {
      n += 1
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ items: [bad(1, {}), {}], next_cursor: `page${n}`, sync_token: null }))
    }
    expect(await codeOf(rig.syncOnce())).toBe('directory_garbled')
    expect(n).toBe(2)
  })
})

describe('another directory on the same data', () => {
  it('gets no token of the one before, is read whole, and is named', async () => {
    const { world, calls } = rig.directory
    const ask = () => listTenants({ ...rig, principal: rob }, ListTenants.parse({}))
    world.tenants = [newTenant(1), newTenant(2)]
    await rig.syncOnce({ address: 'https://one.test/directory' })
    expect((await ask()).directory.address).toBe('https://one.test/directory')
    world.tenants = [newTenant(2), newTenant(3)]
    calls.length = 0
    rig.directory.fault = (_request, response) => response.writeHead(503).end()
    expect(await codeOf(rig.syncOnce({ address: 'https://two.test/directory' }))).toBe('directory_unavailable')
    expect(await ask()).toMatchObject({
      synced_at: null,
      directory: { address: 'https://two.test/directory', trouble: expect.stringContaining('directory_unavailable') },
    })
    rig.directory.fault = undefined
    expect(await rig.syncOnce({ address: 'https://two.test/directory' })).toMatchObject({ added: 1, deleted: 1 })
    expect(calls.map(({ target }) => target).filter((target) => /since|cursor/.test(target))).toEqual([])
    expect(await mirrored()).toEqual(['ten_0001 Tenant 1 (deleted)', 'ten_0002 Tenant 2', 'ten_0003 Tenant 3'])
    const from = { address: 'https://one.test/directory', audience: rig.directory.audience }
    expect((await syncEvents()).filter(({ details }) => details && 'from' in details)).toMatchObject([{ details: { full: true, from } }])
  })
})

describe('a runner that dies', () => {
  /** The directory as seen by a runner that never comes back from its second page. */
  const dyingAt = (page: number, died: () => void): Connector => {
    let pages = 0
    return {
      ...rig.connector,
      listTenants: (input) => {
        pages += 1
        if (pages < page) return rig.connector.listTenants(input)
        died()
        return new Promise(() => {})
      },
    }
  }

  it('leaves its round to the next, which goes on at the page that was not stored', async () => {
    rig.directory.world.tenants = Array.from({ length: 1600 }, (_, n) => newTenant(n))
    await new Promise<void>((resolve) => void rig.syncOnce({ connector: dyingAt(3, resolve) }))
    expect(await mirrored()).toHaveLength(1000)
    expect(await rig.syncOnce()).toBeUndefined()
    await asSuperuser(rig.database.superuserUrl, `update leases set expires_at = clock_timestamp() - interval '1 second'`)
    rig.directory.calls.length = 0
    expect(await rig.syncOnce()).toMatchObject({ added: 600 })
    expect(rig.directory.calls.map(({ target }) => new URL(target, 'http://x').searchParams.get('cursor'))).toEqual(['p1000', 'p1500'])
    expect(await mirrored()).toHaveLength(1600)
    expect((await rig.syncState()).round).toBe('1')
  })

  it('writes nothing more once another has the lease', async () => {
    rig.directory.world.tenants = Array.from({ length: 700 }, (_, n) => newTenant(n))
    let goOn = () => {}
    let waiting = () => {}
    const isWaiting = new Promise<void>((resolve) => {
      waiting = resolve
    })
    const slow: Connector = {
      ...rig.connector,
      listTenants: async (input) => {
        const page = await rig.connector.listTenants(input)
        await new Promise<void>((resolve) => {
          goOn = resolve
          waiting()
        })
        return page
      },
    }
    const first = codeOf(rig.syncOnce({ connector: slow }))
    await isWaiting
    await asSuperuser(rig.database.superuserUrl, `update leases set expires_at = clock_timestamp() - interval '1 second'`)
    expect(await rig.syncOnce()).toMatchObject({ added: 700 })
    const events = (await syncEvents()).length
    const state = await rig.syncState()
    goOn()
    expect(await first).toMatch(/^LostLease: /)
    expect(await syncEvents()).toHaveLength(events)
    expect(await rig.syncState()).toEqual(state)
  })
})

describe('the loop', () => {
  const log = { info: () => {}, warn: () => {} }
  const start = (productReady?: Promise<unknown>) =>
    startSync({
      productReady,
      store: rig.store,
      journal: rig.journal,
      connector: rig.connector,
      config: { directory: { ...schedule, connector: rig.directory } },
      log,
      endSessions: async () => {},
    })

  it('waits for a product that is still being made, without a failed round, and ends while it waits', async () => {
    await fullRoundDue()
    const asked = () => rig.directory.calls.length
    rig.directory.calls.length = 0
    const made = Promise.withResolvers<void>()
    const loop = start(made.promise)
    await until(() => loop.status().state === 'running')
    expect(asked()).toBe(0)
    made.resolve()
    await until(() => asked() > 0)
    await loop.stop()
    rig.directory.calls.length = 0
    const never = start(new Promise(() => {}))
    await until(() => never.status().state === 'running')
    await never.stop()
    expect([asked(), never.status().last_error]).toEqual([0, null])
  })

  it('runs at once, runs when it is woken and a round is due, and stops without waiting for a page, or keeping the lease', async () => {
    rig.directory.world.tenants = [newTenant(1)]
    const sync = start()
    await until(async () => (await mirrored()).length === 1)
    await until(async () => sync.status().state === 'waiting')
    rig.directory.calls.length = 0
    sync.wake()
    await until(async () => sync.status().state === 'waiting')
    expect(rig.directory.calls).toEqual([])
    rig.directory.world.tenants = Array.from({ length: 900 }, (_, n) => newTenant(n, { updated_at: at(500 + n) }))
    let stopped: Promise<void> | undefined
    rig.directory.fault = ({ query }) => {
      if (!query.has('cursor')) return undefined
      stopped = sync.stop()
      return new Promise(() => {})
    }
    await asSuperuser(rig.database.superuserUrl, `update directory_sync set finished_at = clock_timestamp() - interval '2 hours'`)
    sync.wake()
    await until(async () => stopped !== undefined)
    await stopped
    expect((await rig.syncState()).cursor).toBe('p500')
    rig.directory.fault = undefined
    expect(await rig.syncOnce()).toMatchObject({ added: 400 })
  })

  it('keeps the cause of a failure where people can read it, and says the refusal where anybody can', async () => {
    rig.directory.fault = (_request, response) => response.writeHead(503).end()
    const sync = start()
    await until(async () => (await rig.syncState()).error !== null)
    expect((await rig.syncState()).error).toMatch(/^directory_unavailable: /)
    await until(async () => sync.status().state === 'failing')
    expect(sync.status()).toMatchObject({ name: 'directory sync', last_error: new Refusal('directory_unavailable').message })
    await sync.stop()
  })
})
