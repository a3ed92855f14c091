import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Embedded, startEmbedded } from '../../server/src/store/embedded.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { connect, openStore, type Store } from '../../server/src/store/open.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser } from '../support/database.ts'
import { newFolder } from '../support/embedded.ts'
import { until } from '../support/until.ts'

// A server of its own: that it waits for a standby is a setting of the whole server.
const { path: folder, remove } = newFolder({ onDisk: true })
let server: Embedded
let store: Store

const waitForStandby = async (name: string) => {
  await asSuperuser(server.superuserUrl, `alter system set synchronous_standby_names = '${name}'`)
  await asSuperuser(server.superuserUrl, 'select pg_reload_conf()')
  await until(async () => {
    const [row] = await asSuperuser<{ names: string }>(server.superuserUrl, `select current_setting('synchronous_standby_names') as names`)
    return row?.names === name
  })
}

/** Does something to the one connection whose COMMIT waits for the standby. */
const onWaiting = (act: string) =>
  until(async () => {
    const rows = await asSuperuser(server.superuserUrl, `select ${act}(pid) from pg_stat_activity where wait_event = 'SyncRep'`)
    return rows.length > 0
  })

const countOf = async (id: string) =>
  (await asSuperuser<{ n: number }>(server.ownerUrl, `select count(*)::int as n from sign_in_flows where nonce = '${id}'`))[0]?.n

const flow = (nonce: string) => ({
  state_hash: Buffer.from(nonce.padEnd(32)),
  browser_hash: Buffer.alloc(32),
  nonce,
  code_verifier: 'v',
  return_to: '/',
})

beforeAll(async () => {
  server = await startEmbedded({ dataDir: `${folder}/data` })
  await migrate({ url: server.ownerUrl, appUrl: server.appUrl })
  store = await openStore({ url: server.appUrl, answerMs: 10_000 })
})
beforeEach(() => waitForStandby('missing'))
afterEach(() => waitForStandby(''))
afterAll(async () => {
  await store?.close()
  await server?.stop()
  remove()
})

describe('F5 DB-6 a COMMIT whose wait for the standby is cut short is not durable', () => {
  it('F5 pg_cancel_backend while a transaction commits', async () => {
    const commit = transaction(store, (tx) => tx.insertInto('sign_in_flows').values(flow('tx')).execute())
    await Promise.all([expect(commit).rejects.toMatchObject({ code: 'not_durable' }), onWaiting('pg_cancel_backend')])
    // The danger: the row is there, and pg would have said COMMIT.
    expect(await countOf('tx')).toBe(1)
  })

  it('F5 pg_cancel_backend while a statement of its own commits', async () => {
    const insert = store.db.insertInto('sign_in_flows').values(flow('auto')).execute()
    await Promise.all([expect(insert).rejects.toMatchObject({ code: 'not_durable' }), onWaiting('pg_cancel_backend')])
    expect(await countOf('auto')).toBe(1)
  })

  it('F5 through the pool itself and through a single connection', async () => {
    const text = `insert into sign_in_flows (state_hash, browser_hash, nonce, code_verifier, return_to) values ($1, '', 'raw', 'v', '/')`
    const pooled = store.pool.query(text, [Buffer.from('pooled')])
    await Promise.all([expect(pooled).rejects.toMatchObject({ code: 'not_durable' }), onWaiting('pg_cancel_backend')])
    const client = await connect(server.appUrl)
    const single = client.query(text, [Buffer.from('single')])
    await Promise.all([expect(single).rejects.toMatchObject({ code: 'not_durable' }), onWaiting('pg_cancel_backend')])
    await client.end()
    expect(await countOf('raw')).toBe(2)
  })

  it('DB-6 pg_terminate_backend while a transaction commits', async () => {
    const commit = transaction(store, (tx) => tx.insertInto('sign_in_flows').values(flow('terminated')).execute())
    await Promise.all([expect(commit).rejects.toMatchObject({ code: 'not_durable' }), onWaiting('pg_terminate_backend')])
    expect(await countOf('terminated')).toBe(1)
  })

  it('DB-6 a COMMIT that nobody answers in time, and it is not tried again', async () => {
    const hasty = await openStore({ url: server.appUrl, answerMs: 300 })
    let runs = 0
    const commit = transaction(hasty, (tx) => {
      runs++
      return tx.insertInto('sign_in_flows').values(flow('unanswered')).execute()
    })
    await expect(commit).rejects.toMatchObject({ code: 'not_durable' })
    expect(runs).toBe(1)
    await hasty.close()
  })

  it('F5 the doubt of one COMMIT does not stick to the next statement', async () => {
    const one = await openStore({ url: server.appUrl, max: 1, answerMs: 10_000 })
    const insert = one.db.insertInto('sign_in_flows').values(flow('first')).execute()
    await Promise.all([expect(insert).rejects.toMatchObject({ code: 'not_durable' }), onWaiting('pg_cancel_backend')])
    await waitForStandby('')
    await one.db.insertInto('sign_in_flows').values(flow('second')).execute()
    expect((await sql<{ one: number }>`select 1 as one`.execute(one.db)).rows).toEqual([{ one: 1 }])
    await one.close()
  })
})
