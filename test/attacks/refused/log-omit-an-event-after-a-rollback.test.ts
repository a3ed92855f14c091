import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEntries } from '../../../server/src/audit/tree-reader.ts'
import { runVerify } from '../../../server/src/cli/verify.ts'
import { newVictim, type Victim } from '../../audit/tamper.ts'

let victim: Victim
/** The newest checkpoint, of 600 entries, as somebody kept it. */
let kept: string
beforeEach(async () => {
  victim = await newVictim()
  kept = join(victim.dataDir, 'newest')
  const rows = (await victim.sql('select note from log_checkpoints where size = 600')) as { note: string }[]
  writeFileSync(kept, rows[0]?.note as string)
})
afterEach(() => victim.close())

const verify = async () => {
  const lines: string[] = []
  const source = { store: victim.store, keys: victim.keys }
  const code = await runVerify({ source, vkey: victim.sequencer.key.text, checkpoint: kept, print: (line) => lines.push(line) })
  return { code, all: lines.join('\n') }
}

/** As it was with 300 entries; then all that followed once more, but one, by a program that was made to forget what it signed. */
const rollBackAndOmit = async (omitted: number) => {
  const later = (await victim.sql(
    'select body, mac, log_index from log_entries join events on n = event_n where log_index >= 300 and n > 0 order by log_index',
  )) as {
    body: string
    mac: Buffer
    log_index: string
  }[]
  await victim.sql('delete from log_entries where log_index >= 300')
  await victim.sql('delete from events where n not in (select event_n from log_entries)')
  await victim.sql('delete from log_checkpoints where size > 300')
  await victim.sql('delete from log_tiles where tile_index > 0')
  await victim.sql(
    'update log_sequencer set size = 300, root = (select root from log_checkpoints where size = 300), high_n = (select max(event_n) from log_entries)',
  )
  await victim.rebuildTallies(300)
  const forgetful = victim.another({ dataDir: join(victim.dataDir, 'elsewhere') })
  for (const { body, mac, log_index } of later) {
    if (Number(log_index) === 500) await forgetful.drain()
    if (Number(log_index) !== omitted) await victim.sql('insert into events (body, mac) values ($1, $2)', [body, mac])
  }
  await forgetful.drain()
  await forgetful.release()
}

describe('AU-3 AU-12 M2 omitting an event after a rollback', () => {
  it('the place is in the range that is named, however much was signed anew behind it', async () => {
    const read = async () => (await readEntries(victim.store, 0, 600)).filter((body) => !body.includes('LOG.TALLIED'))
    const before = await read()
    await rollBackAndOmit(321)
    expect(await read()).toEqual(before.filter((body) => !body.includes('"count":321,')))
    const { code, all } = await verify()
    expect(code).toBe(1)
    expect(all).toContain('First: entries 0 to 599: There are 599 entries, but the earlier checkpoint of 600 entries says 600')
    expect(all).not.toContain('entry 599')
  })

  it('with another event at the end in its place', async () => {
    await rollBackAndOmit(321)
    await victim.sql(
      `insert into events (body, mac) select body, mac from events where n = 1`, // a copy, which is kept out, and told of
    )
    await victim.another({ dataDir: join(victim.dataDir, 'elsewhere') }).drain()
    const { code, all } = await verify()
    expect(code).toBe(1)
    expect(all).toMatch(/entries 0 to 599: The root of the first 600 entries .* two logs were signed with this key/)
  })
})

describe('M2 a hole in the log', () => {
  const shift = async (hole: number, omitted: number) => {
    await victim.sql(
      `with gone as (delete from log_entries where log_index = ${omitted} returning event_n) delete from events using gone where n = event_n`,
    )
    await victim.sql(`update log_entries set log_index = log_index + 1000000 where log_index > ${omitted} and log_index <= ${hole}`)
    await victim.sql('update log_entries set log_index = log_index - 1000001 where log_index > 1000000')
  }

  it('is where the entry was, if the tree says so', async () => {
    await victim.sql('delete from log_entries where log_index = 321')
    expect((await verify()).all).toContain('First: entry 321: It was deleted')
  })

  it('is not shown by a tile that was made to point elsewhere', async () => {
    await shift(420, 330)
    await victim.sql("update log_tiles set hashes = overlay(hashes placing sha256('x') from 10 * 32 + 1) where tile_index = 1")
    const { code, all } = await verify()
    expect(code).toBe(1)
    expect(all).toContain('First: entries 300 to 499: ')
    expect(all).toContain('entries 256 to 511: The stored tile 0/1 is not that of the entries')
  })

  it('is not where the entry was, if others were moved into its place', async () => {
    await shift(420, 330)
    const { code, all } = await verify()
    expect(code).toBe(1)
    expect(all).toContain('entries 300 to 499: There is no row for entry 420: any of these may be what was deleted.')
    expect(all).not.toContain('First: entry 420')
  })
})
