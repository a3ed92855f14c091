import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listEvents } from '../../server/src/audit/list.ts'
import { draftEvent, macOf, splitBody } from '../../server/src/audit/record.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { asSuperuser } from '../support/database.ts'
import { eventOf, newRig, type Rig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await newRig()
  await rig.record(eventOf(0))
  await rig.sequencer.drain()
})
afterEach(() => rig.close())

const instant = '2026-11-20T12:00:00.000000Z'
const genuine = (number: number, occurredAt = instant) => {
  const { head, tail, mac } = draftEvent(rig.keys.event, eventOf(number))
  return { body: `${head}${occurredAt}${tail}`, mac }
}
/** A row with the HMAC that the program's own key gives for whatever stands in it. */
const withKey = (body: string) => {
  const halves = splitBody(body) ?? { head: body, tail: '' }
  return { body, mac: macOf(rig.keys.event, halves.head, halves.tail) }
}
const insert = ({ body, mac }: { body: string; mac: Buffer }) =>
  asSuperuser(rig.superuserUrl, 'insert into events (body, mac) values ($1, $2)', [body, mac])
const actions = async () =>
  (await listEvents(rig.store, { action: '-LOG.TALLIED' }, { limit: 50 })).items.map(({ action }) => action).reverse()
const suspicions = async () => (await listEvents(rig.store, { action: 'LOG.TAMPER.SUSPECTED' }, { limit: 50 })).items

describe('AU-4 an event that the program did not write', () => {
  it.each<[string, () => { body: string; mac: Buffer }, RegExp]>([
    ['without an HMAC', () => ({ ...genuine(1), mac: Buffer.alloc(0) }), /HMAC is wrong/],
    ['with a made-up HMAC', () => ({ ...genuine(1), mac: Buffer.alloc(32) }), /HMAC is wrong/],
    ['with the HMAC of another', () => ({ ...genuine(1), mac: genuine(2).mac }), /HMAC is wrong/],
    ['by an HMAC under another key', () => ({ ...genuine(1), mac: macOf(Buffer.alloc(32, 1), 'a', 'b') }), /HMAC is wrong/],
    ['with one byte changed', () => ({ ...genuine(1), body: genuine(1).body.replace('tester', 'tester2') }), /HMAC is wrong/],
    ['that is no JSON', () => withKey('nonsense'), /not in the form/],
    ['that is not canonical', () => withKey(genuine(1).body.replace('{"action"', '{ "action"')), /not in canonical form/],
    ['with members of the wrong kind', () => withKey('{"action":1,"occurred_at":"2026-11-20T12:00:00.000000Z","v":1}'), /not in the form/],
    ['at no instant', () => genuine(1, '2026-02-30T12:00:00.000000Z'), /instant/],
    ['at an instant in another form', () => genuine(1, '2026-11-20'), /instant/],
  ])('%s is kept out, told of once, and holds nothing up', async (_name, make, why) => {
    await insert(make())
    await rig.record(eventOf(7))
    await rig.sequencer.drain()
    await rig.sequencer.drain()
    await rig.sequencer.release()
    await rig.another().drain()
    expect(await actions()).toEqual(['TENANT.USERS.LISTED', 'TENANT.USERS.LISTED', 'LOG.TAMPER.SUSPECTED'])
    const [suspicion] = await suspicions()
    expect(suspicion).toMatchObject({
      result: 'error',
      actor: { kind: 'system', id: 'sequencer' },
      target: { kind: 'log', id: 'test.example/log' },
      details: { n: '2', why: expect.stringMatching(why) },
    })
    const lines: string[] = []
    expect(await runVerify({ source: { store: rig.store, keys: rig.keys }, print: (line) => lines.push(line) })).toBe(1)
    expect(lines[0]).toContain('Event number 2')
  })

  it('a copy of a genuine event, HMAC and all, is kept out', async () => {
    const { body, mac } = genuine(1)
    await insert({ body, mac })
    await rig.sequencer.drain()
    await insert({ body, mac })
    await rig.record(eventOf(2))
    await rig.sequencer.drain()
    expect(await actions()).toEqual(['TENANT.USERS.LISTED', 'TENANT.USERS.LISTED', 'TENANT.USERS.LISTED', 'LOG.TAMPER.SUSPECTED'])
    expect((await suspicions())[0]?.details).toMatchObject({ n: '3', why: 'It is a copy of an event that is in the log.' })
  })

  it('two copies at once leave one', async () => {
    const { body, mac } = genuine(1)
    await insert({ body, mac })
    await insert({ body, mac })
    await rig.sequencer.drain()
    expect(await actions()).toEqual(['TENANT.USERS.LISTED', 'TENANT.USERS.LISTED', 'LOG.TAMPER.SUSPECTED'])
  })

  it('a row with a number that was never given out is kept out until it was, and the number may come later', async () => {
    const { body, mac } = genuine(1)
    const numbered = 'insert into events (n, body, mac) values ($1, $2, $3)'
    await asSuperuser(rig.superuserUrl, numbered, [5, body, mac])
    await asSuperuser(rig.superuserUrl, numbered, ['9223372036854775807', genuine(2).body, genuine(2).mac])
    await rig.sequencer.drain()
    expect((await suspicions()).map(({ details }) => details)).toEqual([
      { n: '9223372036854775807', why: 'Its number was never given out.' },
      { n: '5', why: 'Its number was never given out.' },
    ])
    await expect(rig.record(eventOf(3), eventOf(4))).rejects.toMatchObject({ code: '23505' })
    await rig.record(eventOf(5))
    await rig.sequencer.drain()
    expect((await actions()).filter((action) => action === 'TENANT.USERS.LISTED')).toHaveLength(4)
    expect((await suspicions())[0]?.details).toEqual({ n: '5', why: 'It stood among the rejected, and is genuine.' })
  })

  it('a sequence that was moved far ahead stops the log instead of filling the table of gaps', async () => {
    await asSuperuser(rig.superuserUrl, `select setval('events_n', 5000000)`)
    await rig.record(eventOf(1))
    await expect(rig.sequencer.drain()).rejects.toThrow('the sequence events_n was moved')
  })
})
