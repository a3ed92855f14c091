import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventOf } from '../../audit/rig.ts'
import { newVictim, type Victim } from '../../audit/tamper.ts'

let victim: Victim
beforeEach(async () => {
  victim = await newVictim()
})
afterEach(() => victim.close())

const truncate = async (size: number) => {
  await victim.sql(
    'with gone as (delete from log_entries where log_index >= $1 returning event_n) delete from events using gone where n = event_n',
    [size],
  )
  await victim.sql('delete from log_checkpoints where size > $1', [size])
  await victim.rebuildTree()
}

describe('AU-3 AU-6 AU-12 M2 cutting the end of the log off', () => {
  it('a few entries, checkpoints and all: the one that somebody kept says how many are missing', async () => {
    await truncate(495)
    expect(await victim.verify({ keys: false })).toMatchObject({
      code: 1,
      first: expect.stringContaining('First: entries 0 to 499: There are 495 entries'),
    })
  })

  it('and letting it grow again, differently and properly signed', async () => {
    await truncate(490)
    await victim.sql('update log_sequencer set high_n = (select max(event_n) from log_entries)')
    await victim.record(...Array.from({ length: 30 }, (_, n) => eventOf(n)))
    await victim.rebuildTallies(300)
    const forger = victim.another({ dataDir: `${victim.dataDir}/forger` })
    await forger.drain()
    expect(await victim.verify({ checkpoint: false })).toMatchObject({ code: 0 })
    expect(await victim.verify()).toMatchObject({
      code: 1,
      first: expect.stringMatching(/First: entries 0 to 499: The root of the first 500 entries .* two logs were signed with this key/),
    })
  })

  it('all of it, with triggers and row security out of the way', async () => {
    await victim.sql(`
      set session_replication_role = replica;
      alter table events disable row level security; alter table log_entries disable row level security;
      alter table events disable trigger all;
      truncate events, log_entries, log_tiles, log_checkpoints, log_gaps;
      update log_sequencer set size = 0, root = sha256(''), high_n = 0;
      alter table events enable row level security; alter table log_entries enable row level security`)
    expect(await victim.verify()).toMatchObject({ code: 1, first: expect.stringContaining('First: entries 0 to 499: There are 0 entries') })
  })
})
