import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guardPath } from '../../server/src/sequencer/guard-file.ts'
import { startSequencer } from '../../server/src/sequencer/sequence.ts'
import { asSuperuser, makeOnce } from '../support/database.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  const original = await makeOnce('signed_twice', async () => {
    const building = await newRig()
    await building.record(...numbers(299).map((n) => eventOf(n)))
    await building.sequencer.drain()
    await building.record(...numbers(19, 300).map((n) => eventOf(n)))
    await building.sequencer.drain()
    await building.sequencer.release()
    return building
  })
  rig = await newRig(original)
})
afterEach(() => rig.close())

/** The database as it was when it had 300 entries: what a restored backup of last night is. */
const restore = () =>
  asSuperuser(
    rig.superuserUrl,
    `do $$ begin
       delete from log_entries where log_index >= 300; delete from events where n > 299 or n < -300; delete from log_checkpoints where size > 300;
       update log_sequencer set size = 300, high_n = 299, root = (select root from log_checkpoints where size = 300);
     end $$`,
  )

describe('AU-9 DB-8 P3 a database that was rolled back', () => {
  it('is neither sequenced nor signed where a later checkpoint was signed', async () => {
    await restore()
    await rig.record(eventOf(-1))
    await expect(rig.another().drain()).rejects.toThrow(
      'The database holds a log of 300 entries, but the last checkpoint signed here says 320.',
    )
    const { size } = await rig.store.db.selectFrom('log_sequencer').select('size').executeTakeFirstOrThrow()
    expect(size).toBe('300')
    expect(readFileSync(guardPath(rig.dataDir), 'utf8')).toContain('\n320\n')
  })

  it('stops the running sequencer with a note, and leaves the lease free', async () => {
    await restore()
    const sequencer = await startSequencer(rig.needs)
    try {
      await expect.poll(() => sequencer.trouble()).toContain('rolled back')
      expect(await sequencer.status()).toMatchObject({ state: 'stopped', note: expect.stringContaining('rolled back'), size: 300 })
      expect(sequencer.isLeading()).toBe(false)
    } finally {
      await sequencer.stop()
    }
  })

  it('is caught while the sequencer runs', async () => {
    const sequencer = rig.another()
    await sequencer.drain()
    await restore()
    await rig.record(eventOf(-1))
    await expect(sequencer.drain()).rejects.toThrow('was moved from 318 to 299')
    await expect(sequencer.drain()).rejects.toThrow('rolled back')
  })

  it('is caught when it has grown again beyond the old size, differently (AU-12)', async () => {
    await restore()
    await rig.record(...numbers(49, 1000).map((n) => eventOf(n)))
    const elsewhere = rig.another({ dataDir: `${rig.dataDir}/elsewhere` })
    await elsewhere.drain()
    await elsewhere.release()
    await expect(rig.another().drain()).rejects.toThrow('The log of 350 entries does not continue the last checkpoint signed here of 320')
  })

  it('goes on by itself once the right database is back', async () => {
    await asSuperuser(rig.superuserUrl, 'create table kept as select * from log_checkpoints where size > 300')
    await asSuperuser(rig.superuserUrl, 'update log_sequencer set size = 300')
    const sequencer = rig.another()
    await expect(sequencer.drain()).rejects.toThrow()
    await asSuperuser(rig.superuserUrl, 'update log_sequencer set size = 320')
    await rig.record(eventOf(320))
    await sequencer.drain()
    expect(sequencer.size()).toBe(322)
  })

  it.each([
    ['garbage', 'garbage', 'is not a checkpoint of this log'],
    ['nothing', '', 'is not a checkpoint of this log'],
  ])('is not guessed at where the kept checkpoint is %s', async (_name, text, message) => {
    mkdirSync(dirname(guardPath(rig.dataDir)), { recursive: true })
    writeFileSync(guardPath(rig.dataDir), text)
    await expect(rig.another().drain()).rejects.toThrow(message)
  })

  it('a kept checkpoint with a changed size has a wrong signature', async () => {
    const path = guardPath(rig.dataDir)
    writeFileSync(path, readFileSync(path, 'utf8').replace('\n320\n', '\n300\n'))
    await expect(rig.another().drain()).rejects.toThrow('does not verify')
  })
})

describe('AU-4 AU-6 what was changed behind the back of a sequencer that starts', () => {
  it.each<[string, string, string]>([
    [
      'a stored root',
      `update log_sequencer set root = sha256('x')`,
      'The stored root of 320 entries is not that of the stored entries and tiles.',
    ],
    ['a leaf in the last tile', `update log_entries set leaf_hash = sha256('x') where log_index = 310`, 'The stored root of 320 entries'],
    ['a full tile', `update log_tiles set hashes = overlay(hashes placing sha256('x') from 1)`, 'The stored root of 320 entries'],
    ['a missing tile', 'delete from log_tiles', 'some of its entries or tiles are missing'],
    ['a missing entry', 'delete from log_entries where log_index = 319', 'some of its entries or tiles are missing'],
    [
      'a checkpoint',
      `update log_checkpoints set note = replace(note, 'test.example', 'evil.example') where size = 320`,
      'is not one of ours',
    ],
  ])('%s', async (_name, text, message) => {
    await asSuperuser(rig.superuserUrl, text)
    await expect(rig.another().drain()).rejects.toThrow(message)
  })

  it('an entry that was put at the end by hand, root and all, is not signed', async () => {
    await asSuperuser(
      rig.superuserUrl,
      `insert into events (body, mac) select replace(body, 'tester', 'nobody'), mac from events where n = 1`,
    )
    await asSuperuser(
      rig.superuserUrl,
      `insert into log_entries (log_index, event_n, event_id, leaf_hash, occurred_at, action, category, result, actor_id)
       select 320, 319, 'evt_x', sha256('\\x00'::bytea || convert_to(body, 'utf8')), now(), 'X', 'X', 'ok', 'nobody' from events where n = 319`,
    )
    const { rootOfLeaves } = await import('@countersign/log/tree.ts')
    const { sha256 } = await import('@countersign/log/sha256-node.ts')
    const { readLeaves } = await import('../../server/src/audit/tree-reader.ts')
    const root = rootOfLeaves(sha256, await readLeaves(rig.store, 0, 321))
    await asSuperuser(rig.superuserUrl, 'update log_sequencer set size = 321, high_n = 319, root = $1', [root])
    await expect(rig.another().drain()).rejects.toThrow('Entry 320 of the log is not to be signed: It was not written by this program')
    expect(await rig.store.db.selectFrom('log_checkpoints').select('size').where('size', '>', '320').execute()).toEqual([])
  })
})
