import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runVerify } from '../../../server/src/cli/verify.ts'
import { newId } from '../../../server/src/ids.ts'
import { newRig, type Rig } from '../../audit/rig.ts'
import { asSuperuser } from '../../support/database.ts'

let rig: Rig
const rob = { kind: 'staff' as const, id: newId('staff'), issuer: 'https://id', subject: 'rob', email: 'rob@vendor.example', name: 'Rob' }
const opened = (n: number) =>
  ({
    action: 'CONSOLE.OPENED',
    result: 'ok',
    actor: rob,
    tenant_id: 'ten_a',
    target: { kind: 'user', id: `usr_${n}`, label: `user${n}@globex.example` },
  }) as const

beforeEach(async () => {
  rig = await newRig()
  await rig.record(opened(0), opened(1), opened(2))
  await rig.sequencer.drain()
})
afterEach(() => rig.close())

const verify = async () => {
  const lines: string[] = []
  const code = await runVerify({ source: { store: rig.store, keys: rig.keys, dataDir: rig.dataDir }, print: (line) => lines.push(line) })
  return { code, first: lines[0] ?? '', all: lines.join('\n') }
}
const sql = (text: string) => asSuperuser(rig.superuserUrl, text)
/** What is kept for the event at this place. */
const of = (index: number) => `holder = (select event_id from log_entries where log_index = ${index})`

describe('AU-2 M3 changing what lies beside an event', () => {
  it.each([
    ['its value', `update disclosures set value = '"x@x"' where member = 'target.label' and ${of(1)}`, 'target.label is not the one'],
    [
      'its salt',
      `update disclosures set salt = 'AAAAAAAAAAAAAAAAAAAAAA' where member = 'actor.email' and ${of(1)}`,
      'actor.email is not the one',
    ],
    [
      'its member, for another one of the same event',
      `update disclosures set member = case member when 'actor.name' then 'actor.email' else 'ticket' end
       where member in ('actor.name', 'actor.email') and ${of(1)}`,
      'The disclosure of actor.email is not the one',
    ],
    [
      'the event it is kept for, with another',
      `update disclosures d set value = o.value, salt = o.salt from disclosures o where o.member = 'target.label' and o.${of(2)}
       and d.member = 'target.label' and d.${of(1)}`,
      'target.label is not the one',
    ],
    [
      'an event that has no such member',
      `insert into disclosures (holder, member, salt, value) select holder, 'reason', salt, '"made up"' from disclosures where member = 'actor.name' and ${of(1)}`,
      'A disclosure of reason belongs to another entry',
    ],
  ])('%s: verification names the entry', async (_name, text, message) => {
    expect((await verify()).code).toBe(0)
    await sql(text)
    const { code, first, all } = await verify()
    expect(code).toBe(1)
    expect(first).toContain('First: entry 1:')
    expect(all).toContain(message)
  })

  it('putting one there for an event that is not in the log: verification names it', async () => {
    await sql(`insert into disclosures (holder, member, salt, value) values ('evt_nobody', 'reason', 'AAAAAAAAAAAAAAAAAAAAAA', '"x"')`)
    expect(await verify()).toMatchObject({ code: 1, first: expect.stringContaining('kept for evt_nobody, to which no entry commits') })
  })

  it('deleting one: it is said as a fact, since the log holds without it', async () => {
    await sql(`delete from disclosures where member = 'target.label' and ${of(1)}`)
    const { code, all } = await verify()
    expect(code).toBe(0)
    expect(all).toMatch(/values {6}8 checked\n/)
    expect(all).toMatch(/missing {5}1 values that no erasure in the log accounts for:\n {4}entry 1: target\.label\n/)
  })

  it('is not for the program: its role can neither change nor delete one', async () => {
    for (const text of [`update disclosures set value = ''`, 'delete from disclosures', 'truncate disclosures'])
      await expect(rig.store.pool.query(text)).rejects.toMatchObject({ code: '42501' })
  })
})
