import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listEvents } from '../../../server/src/audit/list.ts'
import { readLogStatus } from '../../../server/src/audit/status.ts'
import { runVerify } from '../../../server/src/cli/verify.ts'
import { eventOf, newRig, numbers, type Rig } from '../../audit/rig.ts'
import { asSuperuser } from '../../support/database.ts'

let rig: Rig
beforeEach(async () => {
  rig = await newRig()
  await rig.record(...numbers(10).map((n) => eventOf(n)))
  await rig.sequencer.drain()
})
afterEach(() => rig.close())

const sql = (text: string) => asSuperuser(rig.superuserUrl, text)
const page = async () => (await listEvents(rig.store, {}, { limit: 100 })).items.reverse()
const counts = async () => (await page()).flatMap((event) => (event.action === 'TENANT.USERS.LISTED' ? [Number(event.details?.count)] : []))
const suspicions = async () => (await page()).flatMap((event) => (event.action === 'LOG.TAMPER.SUSPECTED' ? [event.details] : []))
const verify = async () => {
  const lines: string[] = []
  const code = await runVerify({ source: { store: rig.store, keys: rig.keys }, print: (line) => lines.push(line) })
  return { code, all: lines.join('\n') }
}
const passedOver = (n: string) => ({ n, why: expect.stringContaining('below the mark up to which events were taken') })

describe('AU-4 P3 having events passed over', () => {
  it('by moving the mark on while the sequencer runs: it stops, says so on the log, and takes them all the same', async () => {
    await rig.record(eventOf(10), eventOf(11))
    await sql('update log_sequencer set high_n = 12')
    await rig.record(eventOf(12))
    await expect(rig.sequencer.drain()).rejects.toThrow('The mark up to which events were taken was moved from 10 to 12.')
    await rig.sequencer.drain()
    expect((await counts()).sort((a, b) => a - b)).toEqual(numbers(13))
    expect(await suspicions()).toEqual([{ n: '12', why: expect.stringContaining('stood at 10') }, passedOver('11'), passedOver('12')])
  })

  it('by moving the mark on while no sequencer runs: the next one finds them', async () => {
    await rig.sequencer.release()
    await rig.record(eventOf(10), eventOf(11))
    await sql('update log_sequencer set high_n = 12')
    expect((await verify()).all).toContain('Event number 11 should be in the log and is not')
    await rig.another().drain()
    expect((await counts()).sort((a, b) => a - b)).toEqual(numbers(12))
    expect(await suspicions()).toEqual([passedOver('11'), passedOver('12')])
    expect((await verify()).code).toBe(0)
  })

  it('by moving the mark beyond all that there is, or back: nothing is signed', async () => {
    await rig.sequencer.release()
    await sql('update log_sequencer set high_n = 1000')
    await rig.record(eventOf(10))
    await expect(rig.another().drain()).rejects.toThrow('up to number 1000, but the sequence events_n has given out 11')
    expect(await verify()).toMatchObject({ code: 1, all: expect.stringContaining('is 1000, but only 11 numbers were given out') })
    await sql('update log_sequencer set high_n = 3')
    await expect(rig.another().drain()).rejects.toThrow('The log has event number 10, but says that it has taken the events up to 3')
    expect(await verify()).toMatchObject({ code: 1, all: expect.stringContaining('is 3, but number 10 was taken') })
  })

  it('by setting the sequence back: events that wait are not called foreign', async () => {
    await rig.record(eventOf(10))
    await sql(`select setval('events_n', 5)`)
    await expect(rig.sequencer.drain()).rejects.toThrow('the sequence events_n has given out 5')
    await sql(`select setval('events_n', 11)`)
    await rig.sequencer.drain()
    expect(await counts()).toEqual(numbers(11))
    expect(await suspicions()).toEqual([])
  })

  it('by putting numbers of the future among the rejected', async () => {
    await sql(`insert into log_rejected (n, why) select n, 'It is not in canonical form.' from generate_series(11, 13) as n`)
    expect(await verify()).toMatchObject({ code: 1, all: expect.stringContaining('Number 11 stands among the rejected') })
    await rig.record(eventOf(10), eventOf(11), eventOf(12))
    expect((await readLogStatus(rig.store, '')).pending).toBe(3)
    await rig.sequencer.drain()
    expect(await counts()).toEqual(numbers(13))
    expect(await suspicions()).toEqual(['11', '12', '13'].map((n) => ({ n, why: 'It stood among the rejected, and is genuine.' })))
    expect(await verify()).toMatchObject({ code: 1, all: expect.stringContaining('Number 12 stands among the rejected') })
  })

  it('by putting events among the rejected, and the mark beyond them', async () => {
    await rig.sequencer.release()
    await rig.record(eventOf(10), eventOf(11))
    await sql(`insert into log_rejected (n, why) values (11, 'x'); update log_sequencer set high_n = 12`)
    expect((await verify()).all).toContain('Event number 11 is genuine, but stands among the rejected')
    await rig.another().drain()
    expect((await counts()).sort((a, b) => a - b)).toEqual(numbers(12))
    expect((await suspicions()).map((details) => details?.n).sort()).toEqual(['11', '12'])
  })

  it('by forging an event whose number is among the rejected already: it is told of all the same', async () => {
    await sql(`insert into log_rejected (n, why) values (11, 'x')`)
    await sql(`insert into events (body, mac) select replace(body, 'tester', 'nobody'), mac from events where n = 1`)
    await rig.sequencer.drain()
    expect(await suspicions()).toEqual([{ n: '11', why: expect.stringContaining('HMAC is wrong') }])
  })

  it('by taking a number that is looked for out of the table of gaps', async () => {
    const client = new (await import('pg')).default.Client({ connectionString: rig.appUrl })
    await client.connect()
    try {
      await client.query('begin')
      await rig.journal.record(rig.store.db, eventOf(11)) // any number
      await client.query(`select nextval('events_n')`)
      await rig.record(eventOf(12))
      await rig.sequencer.drain()
      await rig.sequencer.release()
      await client.query('rollback')
    } finally {
      await client.end()
    }
    // The event of the gap commits after its number was taken out.
    await sql('delete from log_gaps')
    await sql('update events set n = 12 where n = 13')
    await sql('update log_entries set event_n = 12 where event_n = 13')
    await rig.record(eventOf(13))
    await sql('update events set n = 13 where n = 14')
    await rig.another().drain()
    expect((await counts()).sort((a, b) => a - b)).toEqual([...numbers(10), 11, 12, 13])
    expect(await suspicions()).toEqual([passedOver('13')])
  })

  it('by giving an event that waits a number below all others', async () => {
    await rig.sequencer.release()
    await rig.record(eventOf(10))
    await sql('update events set n = -7 where n = 11')
    await rig.another().drain()
    expect(await counts()).toEqual([...numbers(10), 10])
    expect(await suspicions()).toEqual([passedOver('-7')])
  })

  it('by filling the table of gaps with numbers of the future', async () => {
    await sql(`insert into log_gaps (n, seen_tx) select n, '3' from generate_series(11, 20) as n`)
    await rig.record(...numbers(5, 10).map((n) => eventOf(n)))
    await rig.sequencer.drain()
    expect(await counts()).toEqual(numbers(15))
    expect(await suspicions()).toEqual([])
    expect((await verify()).code).toBe(0)
  })
})
