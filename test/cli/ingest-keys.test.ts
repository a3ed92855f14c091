import { afterAll, beforeAll, expect, it } from 'vitest'
import { runIngestKeysCreate, runIngestKeysList, runIngestKeysRevoke } from '../../server/src/cli/ingest-keys.ts'
import { ensureIngestKey } from '../../server/src/identity/ingest-key/create.ts'
import { isKey, newKey } from '../../server/src/identity/key-format.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { readEvents } from '../support/events.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await newDatabase()
})
afterAll(() => database?.close())

const said = async (run: (say: (text: string) => void) => Promise<void>): Promise<string> => {
  const lines: string[] = []
  await run((text) => lines.push(text))
  return lines.join('\n')
}

it('TI-7 an ingest key is made, listed without its secret, and revoked for good, each on the log', async () => {
  expect(await said((say) => runIngestKeysList(database, {}, say))).toContain('There are no ingest keys.')
  const explained: string[] = []
  const key = await said((say) =>
    runIngestKeysCreate(database, { name: 'collector', expiresInDays: '30' }, say, (text) => explained.push(text)),
  )
  expect([isKey(key, 'ingest'), isKey(key)]).toEqual([true, false])
  expect(explained.join(' ')).toMatch(/It is shown only now\. Send it in the X-API-Key header/)
  const listed = await said((say) => runIngestKeysList(database, {}, say))
  expect(listed).toContain(`ci_live_…${key.slice(-4)}`)
  expect(listed).not.toContain(key.slice(8, 30))
  const [{ id }] = JSON.parse(await said((say) => runIngestKeysList(database, { json: true }, say))) as [{ id: string }]
  expect(await said((say) => runIngestKeysRevoke(database, id, say))).toBe(`Ingest key ${id} is revoked: it is refused from now on.`)
  expect(await said((say) => runIngestKeysRevoke(database, id, say))).toBe(`Ingest key ${id} was already revoked.`)
  await expect(runIngestKeysRevoke(database, 'ing_nothing', () => {})).rejects.toMatchObject({ code: 'not_found' })
  const events = await readEvents(database.store.pool)
  expect(events.map(({ action, actor, target }) => [action, actor.kind, target?.id])).toEqual([
    ['INGEST_KEY.CREATED', 'operator', id],
    ['INGEST_KEY.REVOKED', 'operator', id],
  ])
})

it('what is no name and no number of days is told, and nothing is made', async () => {
  for (const options of [{ name: '' }, { name: 'x', expiresInDays: '0' }, { name: 'x', expiresInDays: 'soon' }])
    await expect(
      runIngestKeysCreate(
        database,
        options,
        () => {},
        () => {},
      ),
    ).rejects.toThrow('The key cannot be created')
})

it('the example’s key is admitted once, however often the program starts', async () => {
  const key = newKey('ingest')
  const ctx = { ...database, principal: { kind: 'operator', id: 'root' } as const }
  for (let start = 0; start < 3; start++) await ensureIngestKey(ctx, { name: 'example', key })
  const rows = JSON.parse(await said((say) => runIngestKeysList(database, { json: true }, say))) as { name: string }[]
  expect(rows.filter(({ name }) => name === 'example')).toHaveLength(1)
})
