import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newVictim, type Victim } from '../../audit/tamper.ts'

let victim: Victim
beforeEach(async () => {
  victim = await newVictim()
})
afterEach(() => victim.close())

describe('AU-3 M2 deleting events', () => {
  it('one in the middle: verification names it', async () => {
    await victim.sql('delete from events where n = (select event_n from log_entries where log_index = 321)')
    expect(await victim.verify({ keys: false })).toMatchObject({
      code: 1,
      first: expect.stringMatching(/First: entry 321: Its event .* was deleted/),
    })
  })

  it('one with its entry', async () => {
    await victim.sql(
      'with gone as (delete from log_entries where log_index = 321 returning event_n) delete from events using gone where n = event_n',
    )
    expect(await victim.verify({ keys: false })).toMatchObject({
      code: 1,
      first: expect.stringContaining('First: entry 321: It was deleted'),
    })
  })

  it('the entry alone: its event is seen to be left over too', async () => {
    await victim.sql('delete from log_entries where log_index = 321')
    expect(await victim.verify()).toMatchObject({ code: 1, first: expect.stringContaining('First: entry 321: It was deleted') })
  })

  it('the last one', async () => {
    await victim.sql(
      'with gone as (delete from log_entries where log_index = 599 returning event_n) delete from events using gone where n = event_n',
    )
    expect(await victim.verify()).toMatchObject({
      code: 1,
      first: expect.stringContaining('First: entries 500 to 599: There are 599 entries'),
    })
  })

  it('all of one tenant', async () => {
    await victim.sql(
      `with gone as (delete from log_entries where tenant_id = 'ten_3' returning event_n) delete from events using gone where n = event_n`,
    )
    expect(await victim.verify({ keys: false })).toMatchObject({
      code: 1,
      first: expect.stringContaining('First: entry 3: It was deleted'),
    })
  })

  it('one, closing the gap and rewriting leaf hashes, tiles and root: the checkpoints name the range', async () => {
    await victim.sql(
      'with gone as (delete from log_entries where log_index = 321 returning event_n) delete from events using gone where n = event_n',
    )
    await victim.sql('update log_entries set log_index = -log_index where log_index > 321'.replace('-log_index', 'log_index + 1000000'))
    await victim.sql('update log_entries set log_index = log_index - 1000001 where log_index > 1000000')
    await victim.rebuildTree()
    expect(await victim.verify()).toMatchObject({ code: 1, first: expect.stringContaining('First: entries 300 to 499:') })
  })

  it('a stored tile', async () => {
    await victim.sql('delete from log_tiles where level = 0 and tile_index = 1')
    expect(await victim.verify({ keys: false })).toMatchObject({
      code: 1,
      first: expect.stringContaining('entries 256 to 511: The stored tile 0/1 is missing'),
    })
  })
})
