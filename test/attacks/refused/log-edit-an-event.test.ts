import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newVictim, type Victim } from '../../audit/tamper.ts'

let victim: Victim
beforeEach(async () => {
  victim = await newVictim()
})
afterEach(() => victim.close())

describe('AU-2 M2 editing one old event', () => {
  const event = 'n = (select event_n from log_entries where log_index = 321)'

  it.each([
    ['its payload', `update events set body = replace(body, '"count":321', '"count":322') where ${event}`],
    ['its actor', `update events set body = replace(body, '"tester"', '"someone"') where ${event}`],
    ['its tenant', `update events set body = replace(body, 'ten_6', 'ten_5') where ${event}`],
    ['its time', `update events set body = regexp_replace(body, '"occurred_at":"....', '"occurred_at":"2019') where ${event}`],
    ['its form', `update events set body = replace(body, '{"action"', '{ "action"') where ${event}`],
    ['its leaf hash', `update log_entries set leaf_hash = sha256('x') where log_index = 321`],
    ['the actor that queries see', `update log_entries set actor_id = 'someone' where log_index = 321`],
    ['the tenant that queries see', `update log_entries set tenant_id = 'ten_other' where log_index = 321`],
    ['the time that queries see', `update log_entries set occurred_at = occurred_at - interval '1 day' where log_index = 321`],
    ['the event it stands for', 'update log_entries set event_n = 100000 where log_index = 321'],
  ])('%s: verification names the entry', async (_name, text) => {
    expect((await victim.verify()).code).toBe(0)
    await victim.sql(text)
    for (const how of [{}, { keys: false }, { checkpoint: false }]) {
      const { code, first } = await victim.verify(how)
      expect(code).toBe(1)
      expect(first).toContain('First: entry 321:')
    }
  })

  it('by one who rewrites leaf hashes, tiles and root as well: the HMAC names the entry', async () => {
    await victim.sql(`update events set body = replace(body, '"count":321', '"count":322') where ${event}`)
    await victim.rebuildTree()
    expect(await victim.verify()).toMatchObject({
      code: 1,
      first: expect.stringContaining('First: entry 321: It was not written by this program'),
    })
  })

  it('by one who rewrites all that: the signed checkpoints name the range, without any secret', async () => {
    await victim.sql(`update events set body = replace(body, '"count":321', '"count":322') where ${event}`)
    await victim.rebuildTree()
    expect(await victim.verify({ keys: false })).toMatchObject({ code: 1, first: expect.stringContaining('First: entries 300 to 499:') })
  })

  it('by one who also deletes the checkpoints that do not fit: the one that somebody kept names the range', async () => {
    await victim.sql(`update events set body = replace(body, '"count":321', '"count":322') where ${event}`)
    await victim.rebuildTree()
    await victim.sql('delete from log_checkpoints where size > 300')
    expect(await victim.verify({ keys: false })).toMatchObject({ code: 1, first: expect.stringContaining('First: entries 0 to 499:') })
  })
})
