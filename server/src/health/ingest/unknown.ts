import type { TenantMinute } from '@countersign/contract/health.ts'
import { signalLimits } from '@countersign/contract/signals.ts'
import { type Kysely, sql } from 'kysely'
import type { Store } from '../../store/open.ts'
import type { Tables } from '../../store/tables.ts'
import { transaction } from '../../store/transaction.ts'
import { writeHours, writeMinutes } from '../record-minutes.ts'
import type { Counts } from './counts.ts'

export type Span = 'minute' | 'hour'

const keptHours = 24
/** How many go to their tenants at once. */
const fedAtOnce = 5_000

type Body = Pick<TenantMinute, 'calls' | 'errors' | 'routes' | 'latency'> & { span: Span }

// JSON has no infinity: null.
const writeBody = ({ calls, errors, routes, latency }: TenantMinute, span: Span): string =>
  JSON.stringify({ span, calls, errors, routes, latency })

const readLatency = ({ latency }: Pick<Body, 'latency'>): Pick<TenantMinute, 'latency'> =>
  latency ? { latency: latency.map((bucket) => ({ ...bucket, upper_ms: bucket.upper_ms ?? Number.POSITIVE_INFINITY })) } : {}

/** Keeps minutes of tenants that the mirror does not know: it may be behind. Answers how many; what finds no room is left out. */
export const keepUnknown = async (tx: Kysely<Tables>, minutes: readonly TenantMinute[], span: Span): Promise<number> => {
  if (minutes.length === 0) return 0
  const { rows } = await sql<{ kept: number }>`
    with room as (
      select greatest(0, ${signalLimits.unknownMinutes} - count(*)) as n
      from (select from signal_unknown limit ${signalLimits.unknownMinutes}) as kept
    ), written as (
      insert into signal_unknown as k (tenant_id, source, minute, body)
      select u.tenant_id, u.source, u.minute, u.body::jsonb
      from unnest(${minutes.map(({ tenant_id }) => tenant_id)}::text[], ${minutes.map(({ source }) => source)}::text[],
        ${minutes.map(({ minute }) => minute)}::timestamptz[], ${minutes.map((one) => writeBody(one, span))}::text[])
        with ordinality as u (tenant_id, source, minute, body, place)
      where place <= (select n from room)
      order by u.tenant_id, u.source, u.minute
      on conflict (tenant_id, source, minute) do update set body = excluded.body
      returning 1
    )
    select count(*)::int as kept from written`.execute(tx)
  return rows[0]?.kept ?? 0
}

/** What was kept of these minutes is out of date: they were written. */
export const dropKept = async (tx: Kysely<Tables>, minutes: readonly TenantMinute[]): Promise<void> => {
  const kept = await tx.selectFrom('signal_unknown').select('source').limit(1).executeTakeFirst()
  if (kept === undefined || minutes.length === 0) return
  await sql`
    delete from signal_unknown k using unnest(${minutes.map(({ tenant_id }) => tenant_id)}::text[],
      ${minutes.map(({ source }) => source)}::text[], ${minutes.map(({ minute }) => minute)}::timestamptz[]) as u (tenant_id, source, minute)
    where k.tenant_id = u.tenant_id and k.source = u.source and k.minute = u.minute`.execute(tx)
}

type Row = { tenant_id: string; source: string; minute: Date; body: Body }

const minutesOf = (rows: readonly Row[], span: Span): TenantMinute[] =>
  rows
    .filter(({ body }) => body.span === span)
    .map(({ tenant_id, source, minute, body: { calls, errors, routes, ...rest } }) => ({
      ...{ tenant_id, source, minute, calls, errors },
      ...(routes ? { routes } : {}),
      ...readLatency(rest),
    }))

/**
 * Gives what was kept to tenants that the mirror has come to know. The rows of its sources are held first, as by whoever writes for
 * them: what they send meanwhile is newer, and stays. Answers whether there may be more.
 */
export const feedKnown = async (store: Pick<Store, 'db'>, counts: Counts): Promise<boolean> =>
  transaction(store, async (tx) => {
    const { rows: sources } = await sql<{ source: string }>`
      select distinct k.source from signal_unknown k join tenants t on t.id = k.tenant_id order by 1 limit 100`.execute(tx)
    if (sources.length === 0) return false
    const names = sources.map(({ source }) => source)
    await sql`select from signal_sources where way || ':' || name = any(${names}::text[]) order by name for update`.execute(tx)
    const { rows } = await sql<Row>`
      delete from signal_unknown k using (
        select k.tenant_id, k.source, k.minute from signal_unknown k join tenants t on t.id = k.tenant_id
        where k.source = any(${names}::text[]) limit ${fedAtOnce}
      ) as f
      where k.tenant_id = f.tenant_id and k.source = f.source and k.minute = f.minute
      returning k.tenant_id, k.source, k.minute, k.body`.execute(tx)
    const minutes = minutesOf(rows, 'minute')
    const hours = minutesOf(rows, 'hour')
    if (minutes.length > 0) counts.add('accepted', (await writeMinutes(tx, minutes)).recorded)
    if (hours.length > 0) counts.add('accepted', (await writeHours(tx, hours)).recorded)
    return true
  })

/** Nobody came to know them. */
export const forgetUnknown = async ({ db }: Pick<Store, 'db'>): Promise<void> => {
  await sql`delete from signal_unknown where kept_at < clock_timestamp() - make_interval(hours => ${keptHours})`.execute(db)
}
