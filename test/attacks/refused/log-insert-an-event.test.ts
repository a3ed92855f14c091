import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newVictim, type Victim } from '../../audit/tamper.ts'

let victim: Victim
beforeEach(async () => {
  victim = await newVictim()
})
afterEach(() => victim.close())

import { draftEvent } from '../../../server/src/audit/record.ts'
import { eventOf } from '../../audit/rig.ts'

const forge = async (logIndex: number, mac = Buffer.alloc(32)) => {
  const { head, tail, id } = draftEvent(Buffer.alloc(32, 9), eventOf(-1))
  await victim.sql(`insert into events (n, body, mac) values (1000000, $1, $2)`, [`${head}2026-11-20T12:00:00.000000Z${tail}`, mac])
  await victim.sql(
    `insert into log_entries (log_index, event_n, event_id, leaf_hash, occurred_at, action, category, result, actor_id, target_kind, target_id)
     values ($1, 1000000, $2, sha256('x'), '2026-11-20T12:00:00Z', 'TENANT.USERS.LISTED', 'look_up', 'ok', 'tester', 'tenant', 'ten_0')`,
    [logIndex, id],
  )
}

describe('AU-4 M2 inserting an event', () => {
  it('in the middle, moving the rest on: the HMAC names it, the checkpoints name the range', async () => {
    await victim.sql('update log_entries set log_index = log_index + 1000000 where log_index >= 321')
    await victim.sql('update log_entries set log_index = log_index - 999999 where log_index > 321')
    await forge(321)
    await victim.rebuildTree()
    expect(await victim.verify()).toMatchObject({
      code: 1,
      first: expect.stringContaining('First: entry 321: It was not written by this program'),
    })
    expect(await victim.verify({ keys: false })).toMatchObject({ code: 1, first: expect.stringContaining('First: entries 300 to 499:') })
  })

  it('at the end with the next index, without the key: the HMAC names it', async () => {
    await forge(600)
    await victim.rebuildTree()
    expect(await victim.verify()).toMatchObject({
      code: 1,
      first: expect.stringContaining('First: entry 600: It was not written by this program'),
    })
  })

  it('among the events alone: it stands out, in the log or not', async () => {
    const { head, tail, mac } = draftEvent(victim.keys.event, eventOf(-1))
    await victim.sql(`insert into events (n, body, mac) values (-5, $1, $2)`, [`${head}2026-11-20T12:00:00.000000Z${tail}`, mac])
    expect(await victim.verify()).toMatchObject({
      code: 1,
      first: expect.stringContaining('Event number -5 should be in the log and is not'),
    })
  })
})
