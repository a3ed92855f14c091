import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { newJournal } from '../server/src/audit/record.ts'
import { newId } from '../server/src/ids.ts'
import { bindLogKey, logKeyOf } from '../server/src/sequencer/log-key.ts'
import { createSequencer } from '../server/src/sequencer/sequence.ts'
import type { Taken } from '../test/support/take-export.ts'
import { type BenchDatabase, newBenchDatabase } from './log/database.ts'
import { gatewayEvent } from './log/events.ts'

export const about = 'an export of every event with its proof, prepared and taken, vs COPY of the same events TO STDOUT'

const child = fileURLToPath(new URL('../test/support/take-export.ts', import.meta.url))
const origin = 'bench.example/log'
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const atOnce = 2_000

const fill = async ({ store, keys, dataDir }: BenchDatabase, rows: number): Promise<void> => {
  await bindLogKey(store, logKeyOf(keys, origin))
  const sequencer = createSequencer({ store, keys, dataDir, origin, log: silent as never })
  for (let at = 0; at < rows; at += atOnce) {
    await newJournal(keys.event).recordAll(
      store.db,
      Array.from({ length: Math.min(atOnce, rows - at) }, (_, of) => gatewayEvent(at + of)),
    )
    await sequencer.drain()
  }
  await sequencer.release()
}

/** What the database alone needs to hand over the events and what lies beside them, in the order of the log. */
const copy = async (url: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const began = performance.now()
  await client.query(`copy (
    select l.log_index, e.body, (select json_agg(d) from disclosures d where d.holder in (l.event_id, l.request_id, l.session_id))
    from log_entries l join events e on e.n = l.event_n order by l.log_index) to stdout`)
  const seconds = (performance.now() - began) / 1000
  await client.end()
  return seconds
}

const rate = (rows: number, seconds: number): number => Math.round(rows / seconds)

/** `npm run bench -- export [rows]` */
export async function run([asked = '200000']: string[] = []): Promise<Record<string, unknown>> {
  const rows = Number(asked)
  const database = await newBenchDatabase()
  try {
    await fill(database, rows)
    const staffId = newId('staff')
    await database.store.db
      .insertInto('staff')
      .values({ id: staffId, issuer: 'bench', subject: 'bench', email: 'bench@vendor.example', name: 'Bench' })
      .execute()
    const given = {
      databaseUrl: database.url,
      keysDir: join(database.dataDir, 'keys'),
      dataDir: database.dataDir,
      origin,
      format: 'ndjson',
      staffId,
    }
    const { stdout } = await promisify(execFile)(process.execPath, [child], {
      env: { ...process.env, COUNTERSIGN_TAKE_EXPORT: JSON.stringify(given) },
    })
    const taken = JSON.parse(stdout) as Taken
    const copySeconds = await copy(database.url)
    const { prepare_seconds, download_seconds, peak_rss_mb, start_rss_mb, cpu_seconds, bytes } = taken
    return {
      name: 'export',
      rows_per_s: rate(taken.rows, prepare_seconds + download_seconds),
      peak_rss_mb,
      start_rss_mb,
      prepared_rows_per_s: rate(taken.rows, prepare_seconds),
      taken_rows_per_s: rate(taken.rows, download_seconds),
      cpu_us_per_row: Math.round((cpu_seconds * 1_000_000) / taken.rows),
      bytes_per_row: Math.round(bytes / taken.rows),
      peer: { copy_rows_per_s: rate(rows, copySeconds) },
      n: taken.rows,
    }
  } finally {
    await database.close()
  }
}
