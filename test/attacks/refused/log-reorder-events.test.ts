import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newVictim, type Victim } from '../../audit/tamper.ts'

let victim: Victim
beforeEach(async () => {
  victim = await newVictim()
})
afterEach(() => victim.close())

const swap = (a: number, b: number) =>
  victim.sql(`
    update log_entries set log_index = 1000000 where log_index = ${a};
    update log_entries set log_index = ${a} where log_index = ${b};
    update log_entries set log_index = ${b} where log_index = 1000000`)

describe('M2 reordering events', () => {
  it('two of them: the stored tiles name the first', async () => {
    await swap(321, 322)
    const { code, first } = await victim.verify({ keys: false })
    expect(code).toBe(1)
    expect(first).toContain('First: entry 321:')
  })

  it('two of them, rewriting leaf hashes, tiles and root: the checkpoints name the range', async () => {
    await swap(321, 400)
    await victim.rebuildTree()
    expect(await victim.verify()).toMatchObject({ code: 1, first: expect.stringContaining('First: entries 300 to 499:') })
  })

  it('two of them, behind a decoy among the checkpoints', async () => {
    await swap(321, 400)
    await victim.rebuildTree()
    await victim.sql(
      `update log_checkpoints set root = (select root from log_sequencer), note = replace(note, '500', '501') where size = 500`,
    )
    const { code, first } = await victim.verify({ keys: false, checkpoint: false })
    expect(code).toBe(1)
    expect(first).toContain('First: entries 300 to 599:')
  })
})
