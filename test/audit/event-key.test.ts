import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bindEventKey, eventFingerprintOf, requireEventKey } from '../../server/src/audit/event-key.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { startRig } from '../support/rig.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await newDatabase()
})
afterEach(() => database.close())

const bound = async ({ store }: TestDatabase) =>
  (await store.db.selectFrom('log_sequencer').select('event_key_hash').executeTakeFirstOrThrow()).event_key_hash

const anotherKey = expect.objectContaining({
  name: 'Trouble',
  message: expect.stringMatching(
    /^The events in this database are marked with the key SHA256:\S+; the one in the keys folder is SHA256:\S+\.$/,
  ),
  hint: expect.stringContaining('Restore event.key'),
})

it('binds a database to its key at first use, and takes that key again', async () => {
  const { keys } = database
  expect(await bound(database)).toBeNull()
  await requireEventKey(database)
  await bindEventKey(database)
  expect(await bound(database)).toBe(eventFingerprintOf(keys))
  await bindEventKey(database)
  await requireEventKey(database)
})

it('refuses a key that was lost and silently made anew, and keeps what is bound', async () => {
  await bindEventKey(database)
  const before = await bound(database)
  rmSync(join(database.dataDir, 'keys', 'event.key'))
  const keys = loadKeys(join(database.dataDir, 'keys'))
  await expect(bindEventKey({ store: database.store, keys })).rejects.toThrowError(anotherKey)
  await expect(requireEventKey({ store: database.store, keys })).rejects.toThrowError(anotherKey)
  expect(await bound(database)).toBe(before)
})

it('is bound when the program starts', async () => {
  const rig = await startRig()
  try {
    expect(await bound(rig.database)).toBe(eventFingerprintOf(rig.database.keys))
  } finally {
    await rig.close()
  }
})

it('says nothing of the key itself', () => {
  expect(eventFingerprintOf(database.keys)).not.toContain(database.keys.event.toString('base64').slice(0, 20))
})
