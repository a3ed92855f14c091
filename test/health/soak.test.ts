import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { isLong } from '../support/long.ts'
import { minuteMs, minuteNow, newJudging } from './rig.ts'
import { callsOf } from './soak.ts'

/** A whole day of ten thousand tenants in a long run; an hour and a half of a thousand otherwise. */
const { tenants, minutes, kills } = isLong ? { tenants: 10_000, minutes: 1_440, kills: 5 } : { tenants: 1_000, minutes: 90, kills: 3 }

let database: TestDatabase
beforeAll(async () => {
  database = await newDatabase()
  await sql`
    insert into tenants (id, name, status, created_at, updated_at)
    select 'ten_' || t, 'Tenant ' || t, 'active', now(), now() from generate_series(0, ${tenants - 1}::int) t`.execute(database.store.db)
})
afterAll(() => database?.close())

type Acknowledged = { minute: number; heap: number }

/** Runs a sender until it is done, or until it has said so much; then it is killed without a word. */
const send = async (first: number, until: number, killAfter: number): Promise<Acknowledged[]> => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'soak-child.ts'), database.appUrl, String(tenants), String(first), String(until)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  const seen: Acknowledged[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [minute = 0, heap = 0] = line.split(' ').map(Number)
    seen.push({ minute, heap })
    if (seen.length === killAfter) child.kill('SIGKILL')
  }
  const [code, signal] = await ended
  // One that was killed keeps the others from judging for as long as its lease runs.
  await database.store.db.updateTable('leases').set({ expires_at: sql`clock_timestamp()` }).where('name', '=', 'health').execute()
  expect(signal === 'SIGKILL' || code === 0, `ended with ${code ?? signal}`).toBe(true)
  return seen
}

it('DL-6 nothing that was acknowledged is lost by kill -9, nothing counts twice, and memory stays flat', {
  timeout: 3_600_000,
}, async () => {
  const last = (await minuteNow(database.store)) / minuteMs
  const first = last - minutes + 1
  const acknowledged: Acknowledged[] = []
  for (let kill = 0; kill <= kills; kill++) {
    // What was sent before it was killed is sent once more, as senders do that heard nothing.
    const from = Math.max(first, (acknowledged.at(-1)?.minute ?? first - 1) - 1)
    acknowledged.push(...(await send(from, last, kill < kills ? Math.ceil(minutes / (kills * 2)) : Number.POSITIVE_INFINITY)))
  }
  expect(acknowledged.at(-1)?.minute).toBe(last)

  const { rows } = await sql<{ minute: number; rows: number; calls: number }>`
      select (extract(epoch from minute) / 60)::int as minute, count(*)::int as rows, sum(calls)::int as calls from health_minutes
      group by 1 order by 1`.execute(database.store.db)
  const sumOf = (minute: number): number => {
    let sum = 0
    for (let at = 0; at < tenants; at++) sum += callsOf(at, minute)
    return sum
  }
  expect(rows).toHaveLength(minutes)
  for (const row of rows) expect(row).toEqual({ minute: row.minute, rows: tenants, calls: sumOf(row.minute) })

  const judging = newJudging(database.store)
  await judging.pass()
  const { judged_at } = await database.store.db.selectFrom('health_state').select('judged_at').executeTakeFirstOrThrow()
  const judged = (judged_at as Date).getTime() / minuteMs
  const traffic = await database.store.db.selectFrom('tenant_health').select(['tenant_id', 'calls_24h']).execute()
  expect(traffic).toHaveLength(tenants)
  for (const row of traffic) {
    const at = Number(row.tenant_id.slice('ten_'.length))
    let calls = 0
    for (let minute = Math.max(first, judged - 1_439); minute <= last; minute++) calls += callsOf(at, minute)
    expect(row.calls_24h, row.tenant_id).toBe(String(calls))
  }

  // Of the one that ran longest: a quarter of the way in, and at the end.
  const longest = acknowledged.slice(acknowledged.findLastIndex(({ minute }, at) => minute <= (acknowledged[at - 1]?.minute ?? 0)))
  const heapAround = (share: number): number =>
    Math.min(...longest.slice(Math.floor(longest.length * share), Math.floor(longest.length * (share + 0.25))).map(({ heap }) => heap))
  expect(heapAround(0.75)).toBeLessThan(heapAround(0.1) * 1.5 + 32_000_000)
})
