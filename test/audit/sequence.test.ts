import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listEvents } from '../../server/src/audit/list.ts'
import { draftEvent } from '../../server/src/audit/record.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { readPending } from '../../server/src/sequencer/pending.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
const clients: pg.Client[] = []
beforeEach(async () => {
  rig = await newRig()
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end()
  await rig.close()
})

/** A writer of its own, which holds its transaction open for as long as a test wants. */
const openWriter = async () => {
  const client = new pg.Client({ connectionString: rig.appUrl })
  await client.connect()
  clients.push(client)
  await client.query('begin')
  return {
    record: async (number: number) => {
      const { head, tail, mac } = draftEvent(rig.keys.event, eventOf(number))
      await client.query('insert into events (body, mac) values ($1, $2)', [`${head}2026-11-20T12:00:00.000000Z${tail}`, mac])
    },
    query: (text: string) => client.query(text),
    commit: () => client.query('commit'),
    rollback: () => client.query('rollback'),
  }
}

/** The numbers of the events in the log, in its order. */
const logged = async (): Promise<unknown[]> => {
  const page = await listEvents(rig.store, { action: '-LOG.TALLIED' }, { limit: 1000 })
  return page.items.map((event) => event.action === 'TENANT.USERS.LISTED' && event.details?.count).reverse()
}
const gaps = async (): Promise<number[]> =>
  (await rig.store.db.selectFrom('log_gaps').select('n').orderBy('n').execute()).map(({ n }) => Number(n))
/** A gap is given up once every transaction of the server that is older is over, those of other databases too. */
const expectNoGaps = () => expect.poll(() => rig.sequencer.drain().then(gaps), { timeout: 20_000 }).toEqual([])
const verify = async () => {
  const lines: string[] = []
  const code = await runVerify({ source: { store: rig.store, keys: rig.keys, dataDir: rig.dataDir }, print: (line) => lines.push(line) })
  expect(lines.join('\n')).toContain('verifies')
  expect(code).toBe(0)
}

describe('F4 the order of the log is given afterwards', () => {
  it('takes committed events once, by their numbers, and signs', async () => {
    await rig.record(...numbers(10).map((n) => eventOf(n)))
    await rig.sequencer.drain()
    await rig.record(...numbers(5, 10).map((n) => eventOf(n)))
    await rig.sequencer.drain()
    expect(await logged()).toEqual(numbers(15))
    await rig.sequencer.drain()
    expect(await logged()).toEqual(numbers(15))
    const sizes = await rig.store.db.selectFrom('log_checkpoints').select('size').orderBy('size').execute()
    expect(sizes.map(({ size }) => size)).toEqual(['11', '17'])
    await verify()
  })

  it('takes an event that commits late, and waits for nobody meanwhile', async () => {
    const late = await openWriter()
    await late.record(0)
    await rig.record(eventOf(1), eventOf(2))
    await rig.sequencer.drain()
    expect(await logged()).toEqual([1, 2])
    expect(await gaps()).toEqual([1])
    await rig.record(eventOf(3))
    await rig.sequencer.drain()
    expect(await gaps()).toEqual([1])
    await late.commit()
    await rig.sequencer.drain()
    expect(await logged()).toEqual([1, 2, 3, 0])
    expect(await gaps()).toEqual([])
    await verify()
  })

  it('forgets a number whose transaction was rolled back, as soon as that is certain and not before', async () => {
    const held = await openWriter()
    await held.record(0)
    await rig.record(eventOf(1))
    await rig.sequencer.drain()
    expect(await gaps()).toEqual([1])
    await held.rollback()
    const other = await openWriter() // older transactions still run elsewhere: no longer of any interest
    await expectNoGaps()
    await other.rollback()
    await rig.record(eventOf(2))
    await rig.sequencer.drain()
    expect(await logged()).toEqual([1, 2])
    await verify()
  })

  // Its transaction id is higher than those that have finished when the gap is seen.
  it('does not give up a writer that began after the one that showed the gap', async () => {
    const first = await openWriter()
    await first.query('select pg_current_xact_id()')
    const between = await openWriter()
    await between.query('select pg_current_xact_id()')
    const second = await openWriter()
    await second.record(0)
    await first.record(1)
    await first.commit()
    await rig.sequencer.drain()
    expect(await logged()).toEqual([1])
    await between.rollback()
    for (const _ of numbers(3)) {
      await rig.sequencer.drain()
      expect(await gaps()).toEqual([1])
    }
    await second.commit()
    await rig.sequencer.drain()
    expect(await logged()).toEqual([1, 0])
  })

  it('settles each of many gaps for itself, whatever becomes of its writer', async () => {
    const writers = []
    for (const number of numbers(12)) {
      const writer = await openWriter()
      await writer.record(number)
      writers.push(writer)
      await rig.record(eventOf(100 + number))
    }
    await rig.sequencer.drain()
    expect(await logged()).toEqual(numbers(12, 100))
    expect(await gaps()).toHaveLength(12)
    for (const [at, writer] of writers.entries()) {
      if (at % 3 === 0) await writer.rollback()
      if (at % 3 === 1) await writer.commit()
      await rig.sequencer.drain()
    }
    const committed = numbers(12).filter((at) => at % 3 === 1)
    expect(await logged()).toEqual([...numbers(12, 100), ...committed])
    expect((await gaps()).length).toBeGreaterThanOrEqual(4)
    await Promise.all(writers.filter((_, at) => at % 3 === 2).map((writer) => writer.commit()))
    await expectNoGaps()
    expect((await logged()).sort()).toEqual([...numbers(12, 100), ...committed, 2, 5, 8, 11].sort())
    await verify()
  })

  it('keeps a gap within a savepoint that was rolled back until the whole transaction is over', async () => {
    const writer = await openWriter()
    await writer.query('savepoint one')
    await writer.record(0)
    await writer.query('rollback to savepoint one')
    await writer.record(1)
    await rig.record(eventOf(2))
    await rig.sequencer.drain()
    expect(await gaps()).toEqual([1, 2])
    await writer.commit()
    await rig.sequencer.drain()
    expect(await logged()).toEqual([2, 1])
    await expectNoGaps()
  })

  it('loses and doubles nothing under writers that commit and roll back at random, while it runs', async () => {
    const expected: number[] = []
    const write = async (from: number) => {
      for (const number of numbers(40, from)) {
        const writer = await openWriter()
        await writer.record(number)
        if (number % 4 === 0) await writer.rollback()
        else {
          await writer.commit()
          expected.push(number)
        }
      }
    }
    let isWriting = true
    const sequencing = (async () => {
      while (isWriting) await rig.sequencer.step()
    })()
    await Promise.all([write(0), write(1000), write(2000), write(3000)])
    isWriting = false
    await sequencing
    await rig.sequencer.drain()
    expect(((await logged()) as number[]).sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b))
    await verify()
  })

  it('reads of a long backlog what it takes, and not all that is left each time', async () => {
    const backlog = 6_000
    await transaction(rig.store, (tx) =>
      rig.journal.recordAll(
        tx,
        numbers(backlog).map((n) => eventOf(n)),
      ),
    )
    const fetched = await transaction(
      rig.store,
      async (tx) => {
        const { rows } = await readPending(tx, '0', 100)
        expect(rows).toHaveLength(100)
        const { rows: counts } = await sql<{ read: string }>`
          select seq_tup_read + coalesce(idx_tup_fetch, 0) as read from pg_stat_xact_user_tables where relname = 'events'`.execute(tx)
        return Number(counts[0]?.read)
      },
      { isolation: 'repeatable read' },
    )
    expect(fetched).toBeLessThanOrEqual(110)
  })

  it('stores full tiles and goes on where another one stopped', async () => {
    await rig.journal.recordAll(
      rig.store.db,
      numbers(1500).map((n) => eventOf(n)),
    )
    await rig.sequencer.drain()
    await rig.sequencer.release()
    await rig.journal.recordAll(
      rig.store.db,
      numbers(1500, 1500).map((n) => eventOf(n)),
    )
    await rig.another().drain()
    const tiles = await rig.store.db.selectFrom('log_tiles').select(['level', 'tile_index']).orderBy('tile_index').execute()
    expect(tiles).toEqual(numbers(11).map((index) => ({ level: 0, tile_index: String(index) })))
    await verify()
  })
})
