import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Embedded, startEmbedded } from '../../server/src/store/embedded.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { connect, openStore } from '../../server/src/store/open.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser, newDatabase } from '../support/database.ts'
import { newFolder } from '../support/embedded.ts'

const within3s = async (work: Promise<unknown>, code = 'store_unavailable') => {
  const start = performance.now()
  await expect(work).rejects.toMatchObject({ name: 'Refusal', code })
  expect(performance.now() - start).toBeLessThan(3_000)
}

const one = sql`select 1`

describe('DB-1 a database that does not answer is said within 3 s', () => {
  const { path: folder, remove } = newFolder()
  let server: Embedded
  beforeAll(async () => {
    server = await startEmbedded({ dataDir: `${folder}/data` })
    await migrate({ url: server.ownerUrl, appUrl: server.appUrl })
  })
  afterAll(async () => {
    await server?.stop()
    remove()
  })

  /** A way to the server that can fall silent: it takes everything and passes nothing on. */
  const openWay = async () => {
    const path = `${new URL(server.appUrl).searchParams.get('host')}/.s.PGSQL.5432`
    const sockets: Socket[] = []
    let silent = false
    const way: Server = createServer((inner) => {
      const outer = dial(path)
      sockets.push(inner, outer)
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        from.on('data', (bytes) => silent || to.write(bytes))
        from.on('error', () => {})
      }
    })
    await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve))
    const url = new URL(server.appUrl)
    url.searchParams.delete('host')
    url.hostname = '127.0.0.1'
    url.port = String((way.address() as { port: number }).port)
    return {
      url: url.href,
      fallSilent: () => {
        silent = true
      },
      close: () => {
        for (const socket of sockets) socket.destroy()
        way.close()
      },
    }
  }

  it('DB-1 blackholed: an open connection, a new one, and a transaction under way', async () => {
    const way = await openWay()
    const store = await openStore({ url: way.url })
    await one.execute(store.db)
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const begun = transaction(store, async (tx) => {
      await one.execute(tx)
      await gate
      await one.execute(tx)
    })
    begun.catch(() => {})
    const idle = await store.pool.connect()
    way.fallSilent()
    goOn()
    await Promise.all([within3s(begun), within3s(idle.query('select 1')), within3s(one.execute(store.db))])
    idle.release()
    way.close()
    await store.close()
  })

  it('DB-1 an INSERT whose answer is lost may have happened, a SELECT did not', async () => {
    const way = await openWay()
    const store = await openStore({ url: way.url, max: 2 })
    const [first, second] = [await store.pool.connect(), await store.pool.connect()]
    way.fallSilent()
    const insert = `insert into api_key_revocations (key_id, revoked_by) values ('key', 'me')`
    await Promise.all([within3s(first.query(insert), 'not_durable'), within3s(second.query('select 1'))])
    first.release()
    second.release()
    way.close()
    await store.close()
  })

  it('DB-1 stopped', async () => {
    const store = await openStore({ url: server.appUrl })
    await one.execute(store.db)
    await server.stop()
    await Promise.all([within3s(one.execute(store.db)), within3s(transaction(store, (tx) => one.execute(tx)))])
    await within3s(store.pool.query('select 1'))
    await expect(openStore({ url: server.appUrl })).rejects.toMatchObject({
      name: 'Trouble',
      message: expect.stringMatching(/is not there/),
    })
    server = await startEmbedded({ dataDir: `${folder}/data` })
    // The same store goes on where it was.
    await one.execute(store.db)
    await store.close()
  })
})

describe('DB-1 a database that is too busy', () => {
  it('DB-1 pool exhausted', async () => {
    const { store, close } = await newDatabase({ max: 1 })
    const held = await store.pool.connect()
    await within3s(one.execute(store.db))
    held.release()
    await one.execute(store.db)
    await close()
  })

  it('DB-1 a statement that takes 5 s', async () => {
    const { store, close } = await newDatabase()
    // Our own limit ends it: the database does answer.
    await within3s(sql`select pg_sleep(5)`.execute(store.db), 'took_too_long')
    await within3s(
      transaction(store, (tx) => sql`select pg_sleep(5)`.execute(tx)),
      'took_too_long',
    )
    await close()
  })

  it('DB-1 a statement that is ended by an administrator', async () => {
    const { store, close, superuserUrl } = await newDatabase()
    const client = await store.pool.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const waiting = client.query('select pg_sleep(30)')
    await Promise.all([within3s(waiting), asSuperuser(superuserUrl, 'select pg_terminate_backend($1)', [rows[0]?.pid])])
    client.release()
    await one.execute(store.db)
    await close()
  })

  it('an error of the statement itself stays what it is', async () => {
    const { store, close } = await newDatabase()
    await expect(sql`select 1 / 0`.execute(store.db)).rejects.toMatchObject({ code: '22012' })
    await expect(sql`select nothing`.execute(store.db)).rejects.toMatchObject({ code: '42703' })
    await close()
  })
})

describe('an address that leads nowhere', () => {
  it.each([
    ['postgresql://me:secret@127.0.0.1:1/app', /app at 127\.0\.0\.1:1 refuses connections/],
    ['postgresql://me:secret@localhost/app?host=/nowhere', /app at \/nowhere is not there/],
    ['postgresql://me:secret@nowhere.invalid/app', /app at nowhere\.invalid:5432 (has a host name|cannot be reached)/],
    ['not an address', /The address of the database is not a URL/],
  ])('%s is a Trouble that does not tell the password', async (url, sentence) => {
    const error = await connect(url).catch((caught) => caught)
    expect(error).toMatchObject({ name: 'Trouble', message: expect.stringMatching(sentence) })
    expect(`${error.message}${error.hint}`).not.toContain('secret')
  })
})
