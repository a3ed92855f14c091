import { overviewSorts, ReadOverview, type TenantMinute } from '@countersign/contract/health.ts'
import { ListTenants, tenantSorts } from '@countersign/contract/tenants.ts'
import { sql } from 'kysely'
import type { StaffPrincipal } from '../server/src/access/principal.ts'
import { newJournal } from '../server/src/audit/record.ts'
import { ConfigFile } from '../server/src/config.ts'
import { listTenants } from '../server/src/directory/list-tenants.ts'
import { newJudge } from '../server/src/health/judge.ts'
import { readOverview } from '../server/src/health/read-overview.ts'
import { recordMinutes } from '../server/src/health/record-minutes.ts'
import { newId } from '../server/src/ids.ts'
import { newElected } from '../server/src/run/elected.ts'
import { copyClient } from './health/copy.ts'
import { type BenchDatabase, newBenchDatabase } from './log/database.ts'

export const about = 'signals in, judged and shown, for 100,000 tenants with 7 days of them (--tenants N for another number)'

const batch = 10_000
/** One in so many is busy every minute; the others are called in about one minute of this many. */
const busyOneIn = 10
const quietMinutes = 240

/** Batches in flight, as of two instances; batches of a round, and rounds, of which the median counts. */
const atOnce = 2
const batchesOfRound = 10
const rounds = 3

const reader: StaffPrincipal = {
  ...{ kind: 'staff', id: newId('staff'), issuer: 'bench', subject: 'bench', email: 'bench@vendor.example', name: 'Bench' },
  ...{ roles: ['support_admin'], session_id: newId('staffSession') },
}

const config = { health: ConfigFile.shape.health.parse({}) }

const percentileOf = (numbers: readonly number[], share: number): number =>
  Number((numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] as number).toFixed(1))

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** Tenants with names, plans and statuses as they are spread in a directory. */
const fillTenants = ({ store }: BenchDatabase, tenants: number) =>
  sql`insert into tenants (id, name, status, plan, region, user_count, created_at, updated_at)
    select 'ten_' || lpad(t::text, 7, '0'),
      initcap((array['acme','globex','initech','umbrella','stark','wayne','hooli','vandelay','wonka','cyber','blue','north'])[1 + t % 12]) || ' ' ||
      initcap(substr(md5(t::text), 1, 3 + t % 6)) || ' ' || (array['GmbH','Inc','Ltd','SA','AG','BV'])[1 + t % 6] || ' ' || (t % 5000),
      (array['active','active','active','active','active','trial','onboarding','pending','suspended','closed'])[1 + (t / 7) % 10],
      case when t % 11 = 0 then null else (array['free','team','business','enterprise'])[1 + (t / 3) % 4] end,
      (array['eu','us','ap'])[1 + t % 3], case when t % 13 = 0 then null else t % 3000 end,
      timestamptz '2021-01-01' + (t * 97 % 2000000) * interval '1 minute', now()
    from generate_series(1, ${tenants}::int) t`.execute(store.db)

/** Seven days, straight into the tables: minutes of the last 26 hours, hours before that. */
const fillTraffic = async ({ asOwner }: BenchDatabase): Promise<void> => {
  const isBusy = `n % ${busyOneIn} = 0`
  await asOwner(`
    insert into health_minutes (n, minute, source, calls, errors)
    select n, m, 1, calls, case when n % 97 = 0 then calls / 5 when n % 41 = 0 then calls / 30 else 0 end
    from generate_series(date_trunc('hour', now()) - interval '26 hours', date_trunc('minute', now()), interval '1 minute') m,
      tenant_health, lateral (select 30 + ((n * 31 + extract(epoch from m)::bigint / 60) % 60)::int as calls) c
    where case when ${isBusy} then n % 500 <> 0 or m < now() - interval '25 hours' else (n * 7919::bigint + extract(epoch from m)::bigint / 60) % ${quietMinutes} = 0 end
    order by m, n;
    insert into health_hours (n, hour, source, calls, errors, last_call_at)
    select n, h, 1, calls, case when n % 97 = 0 then calls / 5 when n % 41 = 0 then calls / 30 else 0 end, h + interval '59 minutes'
    from generate_series(date_trunc('hour', now()) - interval '191 hours', date_trunc('hour', now()) - interval '28 hours', interval '1 hour') h,
      tenant_health, lateral (select case when ${isBusy} then 3600 else 60 end as calls) c
    where ${isBusy} or (n * 7919::bigint + extract(epoch from h)::bigint / 3600) % ${quietMinutes / 60} = 0
    order by h, n;
    insert into health_hours (n, hour, source, calls, errors, last_call_at)
    select n, date_trunc('hour', minute, 'UTC'), source, sum(calls), sum(errors), max(minute)
    from health_minutes where minute < date_trunc('hour', now()) group by 1, 2, 3;
    update health_state set reached_at = date_trunc('minute', now()), rolled_to = date_trunc('hour', now());
    analyze`)
}

const minutesOf = (tenants: readonly string[], nowMs: number, ago: number): TenantMinute[] =>
  tenants.map((tenant_id, at) => ({
    tenant_id,
    source: 'second',
    minute: new Date(nowMs - ago * 60_000),
    calls: 20 + ((at + ago) % 50),
    errors: at % 97 === 0 ? 4 : 0,
  }))

/** The peer: the same rows by COPY, into one table with the same key and without partitions, where nothing is replaced. */
const newPeer = async ({ asOwner, ownerUrl }: BenchDatabase) => {
  await asOwner(
    'create table plain_minutes (n integer, minute timestamptz, source bigint, calls integer, errors integer, primary key (n, minute, source))',
  )
  const clients = await Promise.all(Array.from({ length: atOnce }, () => copyClient(ownerUrl)))
  return {
    copy: (at: number, rows: readonly TenantMinute[]) =>
      clients[at]?.copy(
        'copy plain_minutes from stdin',
        rows.map(({ minute, calls, errors }, n) => `${n}\t${minute.toISOString()}\t7\t${calls}\t${errors}\n`).join(''),
      ),
    close: () => Promise.all(clients.map((client) => client.close())),
  }
}

/** Sends batches, some at once, and answers rows a second. */
const rateOf = async (
  batches: readonly TenantMinute[][],
  send: (at: number, rows: TenantMinute[]) => Promise<unknown> | undefined,
): Promise<number> => {
  const left = batches.slice()
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: atOnce }, async (_, at) => {
        for (let rows = left.shift(); rows; rows = left.shift()) await send(at, rows)
      }),
    ),
  )
  return (batches.flat().length / ms) * 1000
}

const measureIngest = async (database: BenchDatabase, nowMs: number): Promise<{ ours: number; copy: number }> => {
  const { rows } = await sql<{
    tenant_id: string
  }>`select tenant_id from tenant_health where n % ${sql.lit(busyOneIn)} = 0 order by n limit ${batch}`.execute(database.store.db)
  const tenants = rows.map(({ tenant_id }) => tenant_id)
  const peer = await newPeer(database)
  const [ours, copy]: number[][] = [[], []]
  try {
    for (let round = 0; round < rounds; round += 1) {
      const batches = Array.from({ length: batchesOfRound }, (_, of) => minutesOf(tenants, nowMs, 1 + round * batchesOfRound + of))
      ours?.push(await rateOf(batches, (_, minutes) => recordMinutes(database.store, minutes)))
      copy?.push(await rateOf(batches, peer.copy))
    }
  } finally {
    await peer.close()
  }
  return { ours: Math.round(percentileOf(ours as number[], 0.5)), copy: Math.round(percentileOf(copy as number[], 0.5)) }
}

/** Every sort and order with every kind of filter, and each some pages deep. */
const overviewInputs = (): object[] =>
  overviewSorts.flatMap((sort) =>
    (['asc', 'desc'] as const).flatMap((order) =>
      [
        {},
        { health: 'critical' },
        { health: 'healthy' },
        { status: 'trial' },
        { plan: 'enterprise' },
        { health: 'warning', plan: 'team', status: 'active' },
      ].map((filter) => ({ ...filter, sort, order })),
    ),
  )

const searchInputs = (): object[] =>
  ['a', 'ac', 'acme', 'gmbh', '4999', '12', 'zz', 'ten_00012', 'ten_0000001', 'north 8f'].flatMap((query) =>
    [
      { sort: 'worst' },
      { sort: 'name' },
      { sort: 'calls', order: 'desc' },
      { sort: 'plan', health: 'critical' },
      { sort: 'created_at', order: 'desc' },
    ].map((more) => ({ ...more, query })),
  )

/** Milliseconds of each page, the first three of each input. */
const measurePages = async (
  inputs: readonly object[],
  ask: (input: object) => Promise<{ next_cursor: string | null }>,
): Promise<number[]> => {
  const taken: number[] = []
  for (const input of inputs) {
    let cursor: string | null | undefined
    for (let page = 0; page < 3 && cursor !== null; page += 1) {
      const given = cursor === undefined ? input : { ...input, cursor }
      taken.push(
        await timed(async () => {
          cursor = (await ask(given)).next_cursor
        }),
      )
    }
  }
  return taken
}

const sizes = async ({ store }: BenchDatabase, tenants: number): Promise<Record<string, number>> => {
  const { rows } = await sql<{ minutes: number; hours: number; rows: number }>`
    select
      (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'health_minutes'::regclass)::float8
        * (select count(*) filter (where minute >= now() - interval '24 hours')::float8 / count(*) from health_minutes) as minutes,
      (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'health_hours'::regclass)::float8 * 24 / 192 as hours,
      (select count(*) from health_minutes where minute >= now() - interval '24 hours')::float8 as rows`.execute(store.db)
  const { minutes = 0, hours = 0, rows: minuteRows = 0 } = rows[0] ?? {}
  return {
    bytes_per_tenant_day: Math.round((minutes + hours) / tenants),
    bytes_per_tenant_minute: Math.round(minutes / minuteRows),
    rows_of_a_day: minuteRows,
  }
}

/** Signals of many tenants: taken, judged, and shown in every order. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const given = args.indexOf('--tenants')
  const tenants = given < 0 ? 100_000 : Number(args[given + 1])
  const database = await newBenchDatabase()
  const { store, keys, asOwner } = database
  try {
    await fillTenants(database, tenants)
    await fillTraffic(database)
    const figures = await sizes(database, tenants)
    const elected = newElected({ store, name: 'health', seconds: 30 })
    const passOf = (judge: ReturnType<typeof newJudge>) => async () => {
      const done = await elected.lead(judge)
      if (!done) throw new Error('somebody else judges')
      return done
    }
    const pass = passOf(newJudge(store, config.health))
    const first_pass_ms = await timed(pass)
    await asOwner('vacuum analyze tenant_health')

    const all: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      // One that has just started believes nothing of what was judged.
      all.push(await timed(passOf(newJudge(store, config.health))))
    }
    const nowMs = Math.floor(Date.now() / 60_000) * 60_000
    const ingest = await measureIngest(database, nowMs)
    const changed: number[] = []
    const { rows } = await sql<{
      tenant_id: string
    }>`select tenant_id from tenant_health where n % ${sql.lit(busyOneIn)} = 0 order by n limit ${batch}`.execute(store.db)
    for (let tries = 0; changed.length < rounds && tries < 20; tries += 1) {
      await pass()
      await recordMinutes(
        store,
        minutesOf(
          rows.map(({ tenant_id }) => tenant_id),
          nowMs,
          0,
        ).map((row) => ({ ...row, calls: 100 + tries })),
      )
      let judged = tenants
      const ms = await timed(async () => {
        judged = (await pass()).judged
      })
      // The turn of a minute judges everybody.
      if (judged < tenants) changed.push(ms)
    }
    await asOwner('analyze tenant_health')

    const ctx = { store, journal: newJournal(keys.event), principal: reader, config }
    const overview = await measurePages(overviewInputs(), (input) => readOverview(ctx, ReadOverview.parse(input)))
    const search = await measurePages(searchInputs(), (input) => readOverview(ctx, ReadOverview.parse(input)))
    const list = await measurePages(
      tenantSorts.flatMap((sort) =>
        (['asc', 'desc'] as const).flatMap((order) =>
          [{}, { status: 'trial' }, { query: 'acme' }, { query: '4999' }].map((more) => ({ ...more, sort, order })),
        ),
      ),
      (input) => listTenants(ctx, ListTenants.parse(input)),
    )
    const { rows: count } = await sql<{
      healths: object
    }>`select jsonb_object_agg(health, n) as healths from (select health, sum(tenants) as n from tenant_counts group by health) c`.execute(
      store.db,
    )
    return {
      name: 'health',
      tenants,
      density: `one tenant in ${busyOneIn} is busy every minute, the others in one minute of ${quietMinutes}; 7 days`,
      overview_p95_ms: percentileOf(overview, 0.95),
      overview_p50_ms: percentileOf(overview, 0.5),
      search_p95_ms: percentileOf(search, 0.95),
      search_p50_ms: percentileOf(search, 0.5),
      tenants_p95_ms: percentileOf(list, 0.95),
      ingest_tenant_minutes_per_s: ingest.ours,
      classify_all_ms: Math.round(percentileOf(all, 0.5)),
      classify_changed_ms: Math.round(percentileOf(changed, 0.5)),
      first_pass_ms: Math.round(first_pass_ms),
      ...figures,
      peer: { copy_rows_per_s: ingest.copy, ratio: Number((ingest.ours / ingest.copy).toFixed(2)) },
      healths: count[0]?.healths,
    }
  } finally {
    await database.close()
  }
}
