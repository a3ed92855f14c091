import { createHash } from 'node:crypto'
import { newJournal } from '../../server/src/audit/record.ts'
import { askExport } from '../../server/src/exports/ask.ts'
import { downloadExport } from '../../server/src/exports/download.ts'
import { startExports } from '../../server/src/exports/run.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { bindLogKey, fingerprintOf, logKeyOf } from '../../server/src/sequencer/log-key.ts'
import { createSequencer } from '../../server/src/sequencer/sequence.ts'
import { openStore } from '../../server/src/store/open.ts'

/*
 * Exports a whole log and takes the file, in a process of its own, and says what that needed: for the memory and the speed of it. The
 * peak is of what came after the start.
 */
type Given = { databaseUrl: string; keysDir: string; dataDir: string; origin: string; format: 'csv' | 'json' | 'ndjson'; staffId: string }
export type Taken = {
  rows: number
  bytes: number
  prepare_seconds: number
  download_seconds: number
  start_rss_mb: number
  cpu_seconds: number
  peak_rss_mb: number
  sha256: string
}

const { databaseUrl, keysDir, dataDir, origin, format, staffId }: Given = JSON.parse(process.env.COUNTERSIGN_TAKE_EXPORT ?? '')
const silent = {
  info: () => {},
  warn: (facts: object, sentence: string) => process.stderr.write(`${sentence} ${JSON.stringify(facts)}\n`),
  error: () => {},
}
const keys = loadKeys(keysDir)
const store = await openStore({ url: databaseUrl, max: 4, answerMs: 60_000 })
const journal = newJournal(keys.event)
const key = logKeyOf(keys, origin)
await bindLogKey(store, key)
const sequencer = createSequencer({ store, keys, dataDir, origin, log: silent as never })
await sequencer.drain()

const staff = await store.db.selectFrom('staff').selectAll().where('id', '=', staffId).executeTakeFirstOrThrow()
const principal = { kind: 'staff' as const, ...staff, roles: ['auditor' as const], session_id: 'sts_test' }
const startMb = process.memoryUsage.rss() / 1_000_000
let peakMb = startMb
const watch = setInterval(() => {
  peakMb = Math.max(peakMb, process.memoryUsage.rss() / 1_000_000)
}, 20)

const loop = startExports(
  { store, journal, seal: { origin, key: key.text, fingerprint: fingerprintOf(key.verifier) }, verifier: key.verifier, log: silent },
  { everyMs: 100 },
)
const began = performance.now()
const cpu = process.cpuUsage()
const ctx = { store, journal, principal, onAsked: loop.wake, turn: <T>(work: () => Promise<T>) => work() }
const asked = await askExport(ctx, { filters: {}, format, reason: 'To see how long it takes' })
let made: { ready_at: Date | null; failed: string | null; event_id: string | null; rows: string }
for (;;) {
  made = await store.db
    .selectFrom('exports')
    .select(['ready_at', 'failed', 'event_id', 'rows'])
    .where('id', '=', asked.id)
    .executeTakeFirstOrThrow()
  if (made.failed !== null) throw new Error(`it failed: ${made.failed}`)
  if (made.ready_at !== null) break
  if (made.event_id !== null) await sequencer.drain()
  await new Promise((resolve) => setTimeout(resolve, 20))
}
const ready = performance.now()
const file = await downloadExport(ctx, asked.id)
const digest = createHash('sha256')
let bytes = 0
for await (const piece of file.read(0, file.length)) {
  bytes += piece.length
  digest.update(piece)
}
const taken = performance.now()
clearInterval(watch)
const { user, system } = process.cpuUsage(cpu)
await loop.stop()
await sequencer.release()
await store.close()
const said: Taken = {
  rows: Number(made.rows),
  bytes,
  prepare_seconds: (ready - began) / 1000,
  download_seconds: (taken - ready) / 1000,
  start_rss_mb: Math.round(startMb),
  cpu_seconds: (user + system) / 1_000_000,
  peak_rss_mb: Math.round(peakMb),
  sha256: digest.digest('hex'),
}
process.stdout.write(`${JSON.stringify(said)}\n`)
