import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runVerify } from '../../server/src/cli/verify.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { holdLease, LostLease, takeLease } from '../../server/src/run/elected.ts'
import { loadEdge } from '../../server/src/sequencer/load-edge.ts'
import { bindLogKey, logKeyOf, openLogKey } from '../../server/src/sequencer/log-key.ts'
import { publishCheckpoint } from '../../server/src/sequencer/publish.ts'
import { startSequencer } from '../../server/src/sequencer/sequence.ts'
import { tick } from '../../server/src/sequencer/tick.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser } from '../support/database.ts'
import { eventOf, newRig, numbers, origin, type Rig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await newRig()
})
afterEach(() => rig.close())

const sizeOf = async () => Number((await rig.store.db.selectFrom('log_sequencer').select('size').executeTakeFirstOrThrow()).size)
const checkpoints = async () =>
  (await rig.store.db.selectFrom('log_checkpoints').select(['size', 'note']).orderBy('size').execute()).map(({ size }) => Number(size))
const take = (holder: string) => takeLease(rig.store.db, { name: 'sequencer', holder, seconds: 3 })
/** The database's clock cannot be moved; the lease's end can. */
const expireLease = () => asSuperuser(rig.superuserUrl, `update leases set expires_at = clock_timestamp() - interval '1 second'`)

describe('AU-10 one sequencer at a time', () => {
  it('refuses a holder that was paused beyond its lease, before it reads anything', async () => {
    await rig.record(...numbers(3).map((n) => eventOf(n)))
    const paused = await take('paused')
    if (!paused) throw new Error('no lease')
    const head = { edge: await loadEdge(rig.store, 0), highN: '0' }
    await expireLease()
    await expect(tick({ ...rig.needs }, paused, head)).rejects.toThrow(LostLease)
    const other = rig.another({ holder: 'other' })
    await other.drain()
    await expect(tick({ ...rig.needs }, paused, head)).rejects.toThrow(LostLease)
    expect(await sizeOf()).toBe(4)
    expect(await checkpoints()).toEqual([4])
  })

  it('ends a holder that is paused within its transaction, so that another one can go on', async () => {
    await rig.record(eventOf(0))
    const lease = await take('paused')
    if (!lease) throw new Error('no lease')
    let locked = () => {}
    const hasLocked = new Promise<void>((resolve) => {
      locked = resolve
    })
    let resume = () => {}
    const resumed = new Promise<void>((resolve) => {
      resume = resolve
    })
    const paused = transaction(rig.store, async (tx) => {
      await holdLease(tx, lease)
      locked()
      await resumed
      await tx.updateTable('log_sequencer').set({ size: 99 }).execute()
    })
    const failed = expect(paused).rejects.toThrow()
    await hasLocked
    await expireLeaseOf(rig)
    const other = rig.another({ holder: 'other' })
    await expect.poll(() => other.step().catch(() => ({ leading: false })), { timeout: 15_000 }).toMatchObject({ leading: true })
    await other.drain()
    resume()
    await failed
    expect(await sizeOf()).toBe(2)
  })

  it('never forks when two of them run against each other', async () => {
    const sequencers = [rig.another({ holder: 'a' }), rig.another({ holder: 'b' })]
    let isWriting = true
    const run = async (sequencer: (typeof sequencers)[number]) => {
      while (isWriting) await sequencer.step({ signNow: true }).catch(() => {})
    }
    const snatch = async () => {
      while (isWriting) await expireLease()
    }
    const running = [...sequencers.map(run), snatch()]
    for (const n of numbers(200)) await rig.record(eventOf(n))
    isWriting = false
    await Promise.all(running)
    await expireLease()
    await rig.another({ holder: 'c' }).drain()
    const rows = await rig.store.db.selectFrom('log_entries').select('event_id').where('action', '<>', 'LOG.TALLIED').distinct().execute()
    expect(rows).toHaveLength(200)
    expect(await runVerify({ source: { store: rig.store, keys: rig.keys, dataDir: rig.dataDir }, print: () => {} })).toBe(0)
  })

  it('hands over at once when it stops', async () => {
    const first = await startSequencer(rig.needs)
    await rig.record(eventOf(0))
    await expect.poll(sizeOf).toBe(2)
    await first.stop()
    expect(await take('next')).toBeDefined()
  })
})

/** Ends the lease although its row is locked: by waiting for the database's clock. */
const expireLeaseOf = async ({ superuserUrl }: Rig) => {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  const isOver = async () => (await client.query('select expires_at < clock_timestamp() as over from leases')).rows[0].over
  await expect.poll(isOver, { timeout: 10_000 }).toBe(true)
  await client.end()
}

describe('CR-6 CR-7 killed between its steps', () => {
  it('signs what was committed and not signed', async () => {
    await rig.record(...numbers(4).map((n) => eventOf(n)))
    const lease = await take('killed')
    if (!lease) throw new Error('no lease')
    await tick({ ...rig.needs }, lease, { edge: await loadEdge(rig.store, 0), highN: '0' })
    expect(await checkpoints()).toEqual([])
    await expireLease()
    await rig.another().drain()
    expect(await checkpoints()).toEqual([5])
    expect(await sizeOf()).toBe(5)
  })

  it('shows what was kept and not shown', async () => {
    await rig.record(...numbers(4).map((n) => eventOf(n)))
    await rig.sequencer.drain()
    await rig.sequencer.release()
    await asSuperuser(rig.superuserUrl, 'delete from log_checkpoints')
    await rig.another().drain()
    expect(await checkpoints()).toEqual([5])
  })

  it('leaves nothing of a batch whose connection was cut in its middle', async () => {
    await rig.record(...numbers(4).map((n) => eventOf(n)))
    const lease = await take('cut')
    if (!lease) throw new Error('no lease')
    await asSuperuser(
      rig.superuserUrl,
      `create function cut() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
       create trigger cut before update of size on log_sequencer for each row when (new.size > old.size) execute function cut();`,
    )
    await expect(tick({ ...rig.needs }, lease, { edge: await loadEdge(rig.store, 0), highN: '0' })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    await asSuperuser(rig.superuserUrl, 'drop trigger cut on log_sequencer; drop function cut()')
    expect(await sizeOf()).toBe(0)
    expect(await rig.store.db.selectFrom('log_entries').selectAll().execute()).toEqual([])
    await expireLease()
    await rig.another().drain()
    expect(await sizeOf()).toBe(5)
  })
})

describe('P3 one log, one key, one root a size', () => {
  it('refuses another origin and another key than those the log was begun with', async () => {
    await bindLogKey(rig.store, logKeyOf(rig.keys, origin))
    await bindLogKey(rig.store, logKeyOf(rig.keys, origin))
    await expect(startSequencer({ ...rig.needs, origin: 'other.example/log' })).rejects.toThrow(`is ${origin}, not other.example/log`)
    const keys = loadKeys(`${rig.dataDir}/other-keys`)
    await expect(startSequencer({ ...rig.needs, keys })).rejects.toThrow('was signed with the key SHA256:')
  })

  it('names a log that begins by its address, and keeps that name wherever it moves (C2SP)', async () => {
    const { store, keys } = rig
    const open = (consoleUrl: string, configured?: string) => openLogKey(store, { keys, origin: configured, consoleUrl })
    expect((await open('http://localhost:4000')).origin).toBe(origin) // it was begun with this one
    await asSuperuser(rig.superuserUrl, 'update log_sequencer set origin = null, key_hash = null')
    expect((await open('https://support.product.example:8443')).origin).toBe('support.product.example:8443/log')
    expect((await open('http://localhost:4000')).origin).toBe('support.product.example:8443/log')
    await expect(open('http://localhost:4000', 'other.example/log')).rejects.toThrow(
      'is support.product.example:8443/log, not other.example/log',
    )
  })

  it('never signs a second root for a size, whichever of file and table remembers the first', async () => {
    const key = logKeyOf(rig.keys, origin)
    const needs = { store: rig.store, dataDir: rig.dataDir, key, eventKey: rig.keys.event }
    const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    await publishCheckpoint(needs, { size: 1, root: one })
    await expect(publishCheckpoint(needs, { size: 1, root: two })).rejects.toThrow('Another root was signed for 1 entries here')
    const elsewhere = { ...needs, dataDir: `${rig.dataDir}/elsewhere` }
    await expect(publishCheckpoint(elsewhere, { size: 1, root: two })).rejects.toThrow('Another root was signed for 1 entries already')
    await publishCheckpoint(needs, { size: 1, root: one })
    expect(await checkpoints()).toEqual([1])
  })
})
