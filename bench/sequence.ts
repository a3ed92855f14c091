import { sql } from 'kysely'
import { entryColumnNames, entryColumns } from '../server/src/audit/entry-columns.ts'
import { newJournal } from '../server/src/audit/record.ts'
import { bindLogKey, logKeyOf } from '../server/src/sequencer/log-key.ts'
import { createSequencer } from '../server/src/sequencer/sequence.ts'
import { tickLimit } from '../server/src/sequencer/tick.ts'
import { transaction } from '../server/src/store/transaction.ts'
import { type BenchDatabase, newBenchDatabase } from './log/database.ts'
import { gatewayEvent } from './log/events.ts'

export const about = 'events sequenced, signed and stored in tiles, vs the same rows inserted in batches with no log'

const count = 20_000
const rounds = 3
const silent = { info: () => {}, warn: () => {}, error: () => {} }

const recordMany = async ({ store, keys }: BenchDatabase, total: number): Promise<void> => {
  for (let at = 0; at < total; at += tickLimit) {
    await newJournal(keys.event).recordAll(
      store.db,
      Array.from({ length: Math.min(tickLimit, total - at) }, (_, of) => gatewayEvent(at + of)),
    )
  }
}

/** The peer: an audit table with the same columns and indexes and the body, filled in batches of the same size, without a log. */
const insertPlain = async ({ store }: BenchDatabase, bodies: readonly string[]): Promise<void> => {
  for (let at = 0; at < bodies.length; at += tickLimit) {
    const part = bodies.slice(at, at + tickLimit)
    const columns = part.map((body) => entryColumns(JSON.parse(body)))
    const texts = entryColumnNames.map((name) => sql`${columns.map((row) => row[name])}::text[]`)
    await transaction(store, async (tx) => {
      await sql`
        insert into plain_audit (log_index, event_n, leaf_hash, body, ${sql.join(entryColumnNames.map((name) => sql.ref(name)))})
        select nextval('plain_audit_n'), currval('plain_audit_n'), '\\x0000000000000000000000000000000000000000000000000000000000000000',
               body, event_id, occurred_at::timestamptz, action, category, result, actor_id, tenant_id, target_kind, target_id,
               session_id, request_id
        from unnest(${part}::text[], ${sql.join(texts)}) as entry (body, ${sql.join(entryColumnNames.map((name) => sql.ref(name)))})`.execute(
        tx,
      )
    })
  }
}

const rate = async (total: number, work: () => Promise<void>): Promise<number> => {
  const started = performance.now()
  await work()
  return total / ((performance.now() - started) / 1000)
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number

/** Events sequenced a second, beside the same rows inserted in batches with no log. Interleaved rounds; medians. */
export async function run(): Promise<Record<string, unknown>> {
  const database = await newBenchDatabase()
  try {
    const { store, keys, dataDir, asOwner } = database
    await asOwner(
      `create table plain_audit (like log_entries including all, body text not null);
       create sequence plain_audit_n; grant usage on sequence plain_audit_n to countersign_app;
       grant select, insert on plain_audit to countersign_app`,
    )
    const origin = 'bench.example/log'
    await bindLogKey(store, logKeyOf(keys, origin))
    const sequencer = createSequencer({ store, keys, dataDir, origin, log: silent })
    const ours: number[] = []
    const plain: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await recordMany(database, count)
      const { rows } = await sql<{ body: string }>`select body from events order by n desc limit ${count}`.execute(store.db)
      const bodies = rows.map(({ body }) => body)
      ours.push(await rate(count, () => sequencer.drain()))
      plain.push(await rate(count, () => insertPlain(database, bodies)))
    }
    const [sequenced, inserted] = [median(ours), median(plain)]
    return {
      name: 'sequence',
      ours_per_second: Math.round(sequenced),
      peers: { batched_insert_per_second: Math.round(inserted) },
      ratio: Number((sequenced / inserted).toFixed(2)),
      n: count * rounds,
    }
  } finally {
    await database.close()
  }
}
