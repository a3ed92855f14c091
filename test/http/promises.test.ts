import { promisedMaximum, promiseHeader } from '@countersign/contract/promises.ts'
import { leafOf } from '@countersign/log/entry.ts'
import { type InclusionPromise, verifyPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { transact } from '../../server/src/access/transact.ts'
import { hearCommitted } from '../../server/src/audit/committed.ts'
import { Refusal } from '../../server/src/errors.ts'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { logKeyOf } from '../../server/src/sequencer/log-key.ts'
import { afterCommit, transaction } from '../../server/src/store/transaction.ts'
import { type ActionRig, type Person, startActionRig } from '../actions/rig.ts'
import { eventOf } from '../audit/rig.ts'
import { newVisitor, type Visitor } from '../support/browser.ts'
import { until } from '../support/until.ts'

let rig: ActionRig
let rob: Person
let mgr: Person
let tenantId: string
let key: string

beforeAll(async () => {
  rig = await startActionRig()
  tenantId = await rig.knownTenant()
  rob = await rig.person('support_admin')
  mgr = await rig.person('support_manager')
  const created = await createKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    { tenant_id: tenantId, name: 'promises', permissions: ['audit:read'] } as never,
  )
  key = created.key
})
afterAll(() => rig?.close())

const readPromise = async (answer: Response): Promise<InclusionPromise | undefined> => {
  const header = answer.headers.get(promiseHeader)
  if (header === null) return undefined
  return await verifyPromise(sha256, Buffer.from(header, 'base64').toString(), await logKey())
}
const logKey = async () => logKeyOf(rig.database.keys, await originOf()).verifier
const originOf = async () =>
  (await rig.database.store.db.selectFrom('log_sequencer').select('origin').executeTakeFirstOrThrow()).origin ?? ''

type Row = { n: string; body: string }
const highest = async (): Promise<string> =>
  (await sql<{ n: string }>`select coalesce(max(n), 0)::text as n from events where n > 0`.execute(rig.database.store.db)).rows[0]?.n ?? '0'
/** What was recorded since, but for what the program does by itself. */
const recordedSince = async (n: string): Promise<Row[]> => {
  const { rows } = await sql<Row>`select n, body from events where n > ${n}::bigint order by n`.execute(rig.database.store.db)
  return rows.filter(({ body }) => JSON.parse(body).actor.kind !== 'system')
}

/** Makes a request while nobody else makes one, and compares what its answer promises with what was recorded. */
const compare = async (ask: () => Promise<Response>) => {
  const before = await highest()
  const answer = await ask()
  await answer.body?.cancel()
  const rows = await recordedSince(before)
  const promise = await readPromise(answer)
  const expected = rows.slice(0, promisedMaximum).map(({ body }) => {
    const { id, occurred_at } = JSON.parse(body)
    return { id, occurred_at, leaf: Buffer.from(leafOf(sha256, body)).toString('hex') }
  })
  const promised = (promise?.entries ?? []).map(({ leaf, ...entry }) => ({ ...entry, leaf: Buffer.from(leaf).toString('hex') }))
  expect(promised).toEqual(expected)
  return { status: answer.status, rows, promise }
}

const ids = {
  session_id: 'ses_00000000000070008000000000000000',
  request_id: 'act_00000000000070008000000000000000',
  event_id: 'evt_00000000000070008000000000000000',
  view_id: 'viw_00000000000070008000000000000000',
  passkey_id: 'psk_00000000000070008000000000000000',
  tenant_id: 'ten_unknown',
  user_id: 'usr_unknown',
} as Record<string, string>
const pathOf = (url: string): string => url.replace(/:([a-z_]+)/g, (_, name) => ids[name] ?? 'nothing').replace('*', 'nothing')

describe('AU-13 P5 each answer promises what its request recorded', () => {
  it('for every route of the console and of tenants, whoever calls it: all of it, and nothing else', async () => {
    const staff: [Visitor, Record<string, string>][] = [
      [await rig.visitorWith(['super_admin']), {}],
      [await rig.visitorWith([]), {}],
    ]
    const tenants: typeof staff = [
      [newVisitor(rig.console_url), { 'x-api-key': key }],
      [newVisitor(rig.console_url), { 'x-api-key': `${key}x` }],
    ]
    const routes = rig.routes().filter(({ url }) => /^\/(api|v1)\//.test(url) && !url.includes('stream'))
    let promised = 0
    for (const { method, url } of routes) {
      for (const [visitor, headers] of url.startsWith('/v1') ? tenants : staff) {
        const path = pathOf(url)
        const { promise } = await compare(() => (method === 'GET' ? visitor.get(path, headers) : visitor.send(method, path, {}, headers)))
        if (promise) promised += 1
      }
    }
    expect(routes.length).toBeGreaterThan(60)
    expect(promised).toBeGreaterThan(50)
  }, 60_000)

  it('for what staff do: a session from its beginning to its end, an action with its approval', async () => {
    const actionsOf = ({ rows }: { rows: Row[] }) => rows.map(({ body }) => JSON.parse(body).action)
    const opening = { tenant_id: tenantId, reason: 'looking at a report' }
    let session = ''
    const opened = await compare(async () => {
      const answer = await rob.send('POST', '/api/sessions', opening)
      session = ((await answer.clone().json()) as { session: { id: string } }).session.id
      return answer
    })
    expect([opened.status, actionsOf(opened)]).toEqual([201, ['SUPPORT_SESSION.CREATED']])
    const revoked = await compare(() => rob.send('POST', `/api/sessions/${session}/revocation`, { reason: 'done with it' }))
    expect(actionsOf(revoked)).toEqual(['SUPPORT_SESSION.REVOKED'])
    const target = { kind: 'user', id: 'usr_0001' }
    const asking = { action: 'suspend_account', target, reason: 'The user asked us on the phone', ask_approval: true }
    let request = ''
    const asked = await compare(async () => {
      const answer = await rob.send('POST', '/api/actions', asking, { 'idempotency-key': 'promises-1' })
      request = ((await answer.clone().json()) as { id: string }).id
      return answer
    })
    expect(actionsOf(asked)).toEqual(['ACCOUNT.SUSPEND.REQUESTED'])
    const response = mgr.key.sign(await rig.options(mgr, `/api/actions/${request}/approval/options`))
    const approved = await compare(() => mgr.send('POST', `/api/actions/${request}/approval`, { response }))
    // The last approval carries it out: its intent and its outcome are transactions of their own, and are promised too.
    expect(actionsOf(approved)).toEqual(['ACCOUNT.SUSPEND.APPROVED', 'ACTION.STARTED', 'ACCOUNT.SUSPENDED'])
    const last = approved.promise?.entries[2]?.occurred_at ?? ''
    expect(approved.promise?.due.slice(0, 19)).toBe(new Date(Date.parse(last) + 60_000).toISOString().slice(0, 19))
  })

  it('for an attempt that was denied', async () => {
    const denied = await compare(() => mgr.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'looking at a report' }))
    expect(denied.status).toBe(403)
    expect(JSON.parse(denied.rows[0]?.body ?? '{}')).toMatchObject({ action: 'ACCESS.DENIED', result: 'deny', code: 'role_missing' })
    expect(denied.promise?.entries).toHaveLength(1)
  })

  it('and each is kept: the leaf is the one that the tree has', async () => {
    const { promise } = await compare(() => rob.get('/api/audit?limit=1'))
    const [entry] = promise?.entries ?? []
    const found = await until(async () => {
      const query = rig.database.store.db
        .selectFrom('log_entries')
        .select('leaf_hash')
        .where('event_id', '=', entry?.id ?? '')
      return (await query.executeTakeFirst())?.leaf_hash
    })
    expect(Buffer.from(entry?.leaf ?? []).toString('hex')).toBe(found.toString('hex'))
  })

  it('on the answer of a stream, whose headers are sent before its end', async () => {
    const { promise } = await compare(() => rob.get('/api/audit/stream?after=0', { accept: 'text/event-stream' }))
    expect(promise?.entries).toHaveLength(1)
  })

  it('where the body of a request comes in pieces', async () => {
    const body = JSON.stringify({ tenant_id: tenantId, reason: 'looking at a report' })
    const pieces = [body.slice(0, 20), body.slice(20)]
    const stream = new ReadableStream({
      pull(controller) {
        const piece = pieces.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(Buffer.from(piece))
      },
    })
    const { status, promise } = await compare(() =>
      fetch(`${rig.console_url}/api/sessions`, {
        method: 'POST',
        duplex: 'half',
        body: stream,
        headers: {
          origin: new URL(rig.console_url).origin,
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/json',
          cookie: [...rob.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      } as RequestInit),
    )
    expect([status, promise?.entries.length]).toEqual([201, 1])
  })

  it('for a sign-in, on the redirect', async () => {
    const visitor = newVisitor(rig.console_url)
    let next = '/auth/sign-in?as=rob'
    let found: InclusionPromise | undefined
    for (let step = 0; step < 10 && next !== '' && new URL(next, rig.console_url).pathname !== '/'; step++) {
      const answer = await visitor.get(next, { accept: 'text/html' })
      found ??= await readPromise(answer)
      next = answer.headers.get('location') ?? ''
    }
    expect(found?.entries).toHaveLength(1)
  })
})

describe('AU-13 nothing is promised that is not committed', () => {
  const heard: string[] = []
  const hearing = <T>(work: () => Promise<T>): Promise<T> => {
    heard.splice(0)
    return hearCommitted((bodies) => heard.push(...bodies.map((body) => JSON.parse(body).details.count)), work)
  }
  const base = () => ({ store: rig.database.store, journal: rig.database.journal })
  const record = (number: number) => (tx: Parameters<Parameters<typeof transaction>[1]>[0]) => base().journal.record(tx, eventOf(number))

  it('not before COMMIT was answered, and all of it then', async () => {
    await hearing(() =>
      transaction(base().store, async (tx) => {
        await record(1)(tx)
        await record(2)(tx)
        expect(heard).toEqual([])
      }),
    )
    expect(heard).toEqual([1, 2])
  })

  it('not what was undone by a throw, nor by a denial that was thrown', async () => {
    const undo = async (tx: Parameters<ReturnType<typeof record>>[0]) => {
      await record(3)(tx)
      throw new Refusal('conflict')
    }
    await expect(hearing(() => transact(base(), undo))).rejects.toMatchObject({ code: 'conflict' })
    expect(heard).toEqual([])
  })

  it('once, where a transaction was run again after a collision', async () => {
    let runs = 0
    await hearing(() =>
      transaction(base().store, async (tx) => {
        await record(4)(tx)
        runs += 1
        if (runs === 1) throw Object.assign(new Error('collision'), { code: '40001' })
      }),
    )
    expect([runs, heard]).toEqual([2, [4]])
  })

  it('not where COMMIT itself fails', async () => {
    await rig.asSuperuser(`
      create table late (id int primary key deferrable initially deferred); insert into late values (1); grant insert on late to countersign_app`)
    let wasHeard = false
    const work = hearing(() =>
      transaction(base().store, async (tx) => {
        await record(5)(tx)
        afterCommit(tx, () => {
          wasHeard = true
        })
        await sql`insert into late values (1)`.execute(tx)
      }),
    )
    await expect(work).rejects.toThrow()
    expect([heard, wasHeard]).toEqual([[], false])
  })

  it('nor what is recorded by another request at the same time', async () => {
    const [one, two] = await Promise.all([rob.get('/api/audit?limit=1'), mgr.get('/api/audit?limit=1')])
    const [ours, theirs] = [await readPromise(one), await readPromise(two)]
    expect([ours?.entries.length, theirs?.entries.length]).toEqual([1, 1])
    expect(ours?.entries[0]?.id).not.toBe(theirs?.entries[0]?.id)
  })
})

it('AU-13 an answer names sixteen events at most, so that its headers pass proxies', async () => {
  const leaver = await rig.visitorWith(['super_admin'])
  for (let n = 0; n < promisedMaximum + 2; n += 1)
    expect((await leaver.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'looking at a report' })).status).toBe(201)
  const { rows, promise } = await compare(() => leaver.send('POST', '/auth/sign-out', { end_sessions: true }))
  expect(rows.length).toBeGreaterThan(promisedMaximum)
  expect(promise?.entries).toHaveLength(promisedMaximum)
})
