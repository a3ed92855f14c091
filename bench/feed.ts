import type { FeedFormat } from '@countersign/contract/feed.ts'
import { newJournal } from '../server/src/audit/record.ts'
import { Destination } from '../server/src/destinations.ts'
import { deliverAll } from '../server/src/feed/deliver.ts'
import { readBatch } from '../server/src/feed/read.ts'
import { openFile } from '../server/src/feed/senders/file.ts'
import { openNdjson } from '../server/src/feed/senders/ndjson.ts'
import type { Sender } from '../server/src/feed/senders/sender.ts'
import { newWrite } from '../server/src/feed/write.ts'
import { takeLease } from '../server/src/run/elected.ts'
import { bindLogKey, logKeyOf } from '../server/src/sequencer/log-key.ts'
import { createSequencer } from '../server/src/sequencer/sequence.ts'
import { startReceiver } from '../test/support/receiver.ts'
import { type BenchDatabase, newBenchDatabase } from './log/database.ts'
import { gatewayEvent } from './log/events.ts'

export const about = 'events delivered a second to one destination, vs the same rows read and nothing else'

const count = 20_000
const origin = 'bench.example/log'
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const words = { origin, consoleUrl: 'https://support.example', productName: 'Bench' }

const fill = async ({ store, keys, dataDir }: BenchDatabase): Promise<void> => {
  await bindLogKey(store, logKeyOf(keys, origin))
  for (let at = 0; at < count; at += 500)
    await newJournal(keys.event).recordAll(
      store.db,
      Array.from({ length: 500 }, (_, of) => gatewayEvent(at + of)),
    )
  await createSequencer({ store, keys, dataDir, origin, log: silent }).drain()
}

const rate = async (total: number, work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return Math.round(total / ((performance.now() - started) / 1000))
}

const readAll = async ({ store }: BenchDatabase, destination: Destination): Promise<void> => {
  for (let next = 0, before = -1; next !== before; ) {
    before = next
    next = (await readBatch({ store, origin }, destination, next, 500)).next
  }
}

const drain = async ({ store }: BenchDatabase, name: string, destination: Destination, sender: Sender): Promise<number> => {
  const lease = await takeLease(store.db, { name: `feed ${name}`, holder: 'bench', seconds: 120 })
  if (!lease) throw new Error('somebody else delivers')
  const needs = { ...words, store, sequenced: store, name, destination, sender, log: silent }
  return await rate(count, () => deliverAll(needs, lease, new AbortController().signal))
}

const writing = async ({ store }: BenchDatabase, format: FeedFormat): Promise<number> => {
  const destination = Destination.parse({ type: 'ndjson', url: 'https://siem.example', format })
  const write = newWrite({ ...words, store }, destination)
  const { records } = await readBatch({ store, origin }, destination, 0, 500)
  return await rate(records.length * 20, async () => {
    for (let round = 0; round < 20; round++) for (const record of records) await write(record)
  })
}

/** Events drained a second to an HTTP receiver and to a file, and what of it the reading and each format takes. */
export async function run(): Promise<Record<string, unknown>> {
  const database = await newBenchDatabase()
  const receiver = await startReceiver()
  receiver.behave((one) => {
    one.body = ''
    return undefined
  })
  const to = { type: 'ndjson', url: receiver.url, allow_addresses: ['127.0.0.1', '::1'] }
  const destination = Destination.parse(to)
  try {
    await fill(database)
    const wall = { allowed: ['127.0.0.1', '::1'] }
    const raw = await rate(count, () => readAll(database, destination))
    const plain = await drain(database, 'plain', destination, openNdjson({ url: receiver.url, wall, token: undefined }))
    const ocsf = await drain(
      database,
      'ocsf',
      Destination.parse({ ...to, format: 'ocsf' }),
      openNdjson({ url: receiver.url, wall, token: undefined }),
    )
    const file = await drain(database, 'file', destination, openFile({ path: `${database.dataDir}/out.ndjson`, max_bytes: 1e9, keep: 1 }))
    const formats: Record<string, number> = {}
    for (const format of ['countersign', 'ocsf', 'ecs', 'cef'] as const) formats[format] = await writing(database, format)
    return {
      name: 'feed',
      drain_events_per_s: plain,
      drain_ocsf_per_s: ocsf,
      drain_file_per_s: file,
      raw_read_events_per_s: raw,
      formats,
      n: count,
    }
  } finally {
    await receiver.close()
    await database.close()
  }
}
