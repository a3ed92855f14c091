import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** How far an instant may stand out of the order of the log where no clock jumped: as long as a transaction can be open, and more. */
const disorderSeconds = 600

/** First place, from 0 to the size, at which an entry is not older than this instant: by bisection. */
const placeOf = (instant: ReturnType<typeof sql>) => sql`(
  with recursive step (lo, hi) as (
    select 0::bigint, (select size from log_sequencer)
    union all
    select case when probe.occurred_at < ${instant} then probe.log_index + 1 else step.lo end,
           case when probe.occurred_at < ${instant} then step.hi else (step.lo + step.hi) / 2 end
    from step cross join lateral (
      select log_index, occurred_at from log_entries where log_index >= (step.lo + step.hi) / 2 order by log_index limit 1
    ) probe
    where step.lo < step.hi
  )
  select max(lo) from step)`

/**
 * Between which places the events of a window of time lie. Entries stand nearly in the order of their time: what stands out of it
 * is taken in by going ten minutes further, and by as much as any clock was ever seen to jump.
 */
export const timeBounds = async (
  db: Kysely<Tables>,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Promise<{ lo: number; hi: number }> => {
  if (from === undefined && to === undefined) return { lo: 0, hi: Number.MAX_SAFE_INTEGER }
  const slack = sql`(select make_interval(secs => ${disorderSeconds} + coalesce(max(abs((event.body::json #>> '{details,by_seconds}')::float8)), 0))
    from log_entries entry join events event on event.n = entry.event_n where entry.action = 'CLOCK.JUMPED'
      and entry.action not in ('SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.ASSET.ADMITTED'))`
  const lo = from === undefined ? sql`0` : placeOf(sql`${from}::timestamptz - slack.length`)
  const hi = to === undefined ? sql`${Number.MAX_SAFE_INTEGER}::bigint` : placeOf(sql`${to}::timestamptz + slack.length`)
  const { rows } = await sql<{ lo: string; hi: string }>`
    with slack as materialized (select ${slack} as length) select ${lo} as lo, ${hi} as hi from slack`.execute(db)
  return { lo: Number(rows[0]?.lo), hi: Number(rows[0]?.hi) }
}
