import { signalLimits } from '@countersign/contract/signals.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../../store/tables.ts'
import type { Source } from '../sources.ts'
import { note, type Tally } from '../tally.ts'
import type { Step } from './fold.ts'
import type { Point } from './points.ts'

/** A point as its row is told from others. */
type Key = { series_id: string; started_us: string; at_us: string }

const column = <T>(rows: readonly T[], pick: (row: T) => unknown, type: string) => sql`${rows.map(pick)}::${sql.raw(type)}[]`

/** The numbers of the series of these points; new ones are made as far as there is room for them. */
const findSeries = async (tx: Kysely<Tables>, { id }: Source, points: readonly Point[]): Promise<Map<string, string>> => {
  const one = [...new Map(points.map((point) => [point.hash, point])).values()]
  const { rows } = await sql<{ id: string; hash: string }>`
    with given as (
      select decode(hash, 'hex') as hash, tenant_id, method, route, status, is_delta, place from unnest(
        ${column(one, ({ hash }) => hash, 'text')}, ${column(one, ({ tenant_id }) => tenant_id, 'text')},
        ${column(one, ({ method }) => method, 'text')}, ${column(one, ({ route }) => route, 'text')},
        ${column(one, ({ status }) => status, 'int')}, ${column(one, ({ is_delta }) => is_delta, 'bool')}
      ) with ordinality as u (hash, tenant_id, method, route, status, is_delta, place)
    ), known as (
      select s.id, s.hash from given join signal_series s on s.source_id = ${id} and s.hash = given.hash
    ), missing as (
      select given.*, row_number() over (order by place) as more from given where hash not in (select hash from known)
    ), made as (
      insert into signal_series (source_id, hash, tenant_id, method, route, status, is_delta)
      select ${id}, hash, tenant_id, method, route, status, is_delta from missing
      where (select count(*) from signal_series where source_id = ${id}) + more <= ${signalLimits.seriesPerSource}
      returning id, hash
    )
    select id, encode(hash, 'hex') as hash from known union all select id, encode(hash, 'hex') from made`.execute(tx)
  return new Map(rows.map((row) => [row.hash, row.id]))
}

/** Of two points with the same key, the one that counted more: whichever came first. */
const isMore = (one: Point, other: Point): boolean => {
  if (one.calls !== other.calls) return one.calls > other.calls
  const at = one.buckets.findIndex((calls, n) => calls !== other.buckets[n])
  return at >= 0 && (one.buckets[at] as number) > (other.buckets[at] ?? -1)
}

const distinct = (points: readonly Point[]): Point[] => {
  const kept = new Map<string, Point>()
  for (const point of points) {
    const key = `${point.hash} ${point.started_us} ${point.at_us}`
    const known = kept.get(key)
    if (known === undefined || isMore(point, known)) kept.set(key, point)
  }
  return [...kept.values()]
}

const formatArray = (numbers: readonly number[]): string => `{${numbers.join()}}`

/** Writes points, and answers which of them say something new. */
const writePoints = async (tx: Kysely<Tables>, rows: readonly { series_id: string; point: Point }[]): Promise<Key[]> => {
  const { rows: written } = await sql<Key>`
    insert into signal_points as p (series_id, started_us, at_us, calls, buckets)
    select series_id, started_us, at_us, calls, buckets::bigint[] from unnest(
      ${column(rows, ({ series_id }) => series_id, 'bigint')}, ${column(rows, ({ point }) => point.started_us, 'bigint')},
      ${column(rows, ({ point }) => point.at_us, 'bigint')}, ${column(rows, ({ point }) => point.calls, 'bigint')},
      ${column(rows, ({ point }) => formatArray(point.buckets), 'text')}
    ) as u (series_id, started_us, at_us, calls, buckets)
    on conflict (series_id, started_us, at_us) do update set calls = excluded.calls, buckets = excluded.buckets
    where (excluded.calls, excluded.buckets) > (p.calls, p.buckets)
    returning series_id, started_us, at_us`.execute(tx)
  return written
}

type Touched = { tenant_id: string; minute: string; may_fall: boolean }

const minute = (at: string) => sql.raw(`((${at} - 1) / 60000000)`)

/**
 * The minutes that new points change: their own, and that of the point that follows, whose increase is another one now. Only where a
 * point follows can a minute hold less than before.
 */
const findTouched = async (tx: Kysely<Tables>, keys: readonly Key[]): Promise<Touched[]> => {
  const { rows } = await sql<Touched>`
    with given as (
      select s.tenant_id, u.at_us, next.at_us as next_us
      from unnest(${column(keys, ({ series_id }) => series_id, 'bigint')}, ${column(keys, ({ started_us }) => started_us, 'bigint')},
        ${column(keys, ({ at_us }) => at_us, 'bigint')}) as u (series_id, started_us, at_us)
      join signal_series s on s.id = u.series_id
      left join lateral (
        select p.at_us from signal_points p
        where p.series_id = u.series_id and p.started_us = u.started_us and p.at_us > u.at_us and not s.is_delta
        order by p.at_us limit 1
      ) next on true
    )
    select tenant_id, minute, bool_or(may_fall) as may_fall from (
      select tenant_id, ${minute('at_us')} as minute, next_us is not null as may_fall from given
      union all select tenant_id, ${minute('next_us')}, true from given where next_us is not null
    ) as touched group by 1, 2`.execute(tx)
  return rows
}

/** Earlier than anything known of the source: what began with its first points is known now to have begun at zero. */
const findFirst = async (tx: Kysely<Tables>, { id, first_us }: Source, firstUs: number): Promise<Touched[]> => {
  if (first_us === null || firstUs >= first_us) return []
  const { rows } = await sql<Touched>`
    select distinct s.tenant_id, ${minute('p.at_us')} as minute, false as may_fall
    from signal_series s join signal_points p on p.series_id = s.id and p.at_us = ${first_us}
    where s.source_id = ${id}`.execute(tx)
  return rows
}

type Row = {
  tenant_id: string
  method: string | null
  route: string | null
  status: number | null
  is_delta: boolean
  started_us: string
  at_us: string
  calls: string
  buckets: string[]
  before_calls: string | null
  before_buckets: string[] | null
}

const stepOf = ({ before_calls, before_buckets, ...row }: Row): Step => ({
  point: {
    ...{ tenant_id: row.tenant_id, method: row.method, route: row.route, status: row.status, is_delta: row.is_delta },
    ...{ started_us: Number(row.started_us), at_us: Number(row.at_us), calls: Number(row.calls), buckets: row.buckets.map(Number) },
  },
  before: before_calls === null ? null : { calls: Number(before_calls), buckets: (before_buckets ?? []).map(Number) },
})

/** All points of these minutes, whoever sent them when, each with the one before it. */
const loadSteps = async (tx: Kysely<Tables>, { id }: Source, touched: readonly Touched[]): Promise<Step[]> => {
  const minutes = touched.map((one) => Number(one.minute))
  const [from, until] = [Math.min(...minutes) * 60e6, (Math.max(...minutes) + 1) * 60e6]
  const { rows } = await sql<Row>`
    select s.tenant_id, s.method, s.route, s.status, s.is_delta, p.started_us, p.at_us, p.calls, p.buckets,
      before.calls as before_calls, before.buckets as before_buckets
    from unnest(${column(touched, ({ tenant_id }) => tenant_id, 'text')}, ${column(touched, (one) => one.minute, 'bigint')})
      as t (tenant_id, minute)
    join signal_series s on s.source_id = ${id} and s.tenant_id = t.tenant_id
    join signal_points p on p.series_id = s.id and p.at_us > t.minute * 60000000 and p.at_us <= (t.minute + 1) * 60000000
      and p.at_us > ${from} and p.at_us <= ${until}
    left join lateral (
      select b.calls, b.buckets from signal_points b
      where b.series_id = p.series_id and b.started_us = p.started_us and b.at_us < p.at_us and not s.is_delta
      order by b.at_us desc limit 1
    ) before on true`.execute(tx)
  return rows.map(stepOf)
}

export type Changed = { steps: Step[]; firstUs: number; mayFall(tenantId: string, minute: Date): boolean }

/** Keeps the points of a source, and answers all that its changed minutes are made of. The source is held. */
export const keepPoints = async (tx: Kysely<Tables>, source: Source, points: readonly Point[], tally: Tally): Promise<Changed> => {
  const series = await findSeries(tx, source, points)
  const rows = distinct(points).flatMap((point) => {
    const series_id = series.get(point.hash)
    return series_id === undefined ? [] : [{ series_id, point }]
  })
  note(tally, 'too_many_series', points.filter(({ hash }) => !series.has(hash)).length)
  const earliest = rows.reduce((least, { point }) => Math.min(least, point.at_us), source.first_us ?? Number.POSITIVE_INFINITY)
  const keys = await writePoints(tx, rows)
  if (keys.length === 0) return { steps: [], firstUs: earliest, mayFall: () => false }
  const touched = [...(await findTouched(tx, keys)), ...(await findFirst(tx, source, earliest))]
  await sql`update signal_sources set first_us = ${earliest} where id = ${source.id} and first_us is distinct from ${earliest}`.execute(tx)
  const falling = new Set(touched.filter(({ may_fall }) => may_fall).map((one) => `${one.minute} ${one.tenant_id}`))
  const once = [...new Map(touched.map((one) => [`${one.minute} ${one.tenant_id}`, one])).values()]
  return {
    steps: await loadSteps(tx, source, once),
    firstUs: earliest,
    mayFall: (tenantId, at) => falling.has(`${at.getTime() / 60_000} ${tenantId}`),
  }
}
