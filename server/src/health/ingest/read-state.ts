import { type ErrorCode, errorCatalogue } from '@countersign/contract/errors.ts'
import { type SignalCause, type SignalsState, signalCauses } from '@countersign/contract/signals.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Ctx } from '../../access/ctx.ts'
import type { StaffPrincipal } from '../../access/principal.ts'
import { verb } from '../../access/verb.ts'
import type { Counts } from './counts.ts'

type Row = Omit<SignalsState, 'last_24h' | 'prometheus'> & { counts: { cause: string; n: number }[]; taken_until: string | null }

const hintOf = (cause: string): string => {
  if (Object.hasOwn(signalCauses, cause)) return signalCauses[cause as SignalCause]
  return Object.hasOwn(errorCatalogue, cause) ? errorCatalogue[cause as ErrorCode].hint : ''
}

const countsOf = (counts: Row['counts']): SignalsState['last_24h'] => {
  const of = (wanted: string) => counts.find(({ cause }) => cause === wanted)?.n ?? 0
  const refused = counts.filter(({ cause }) => cause !== 'accepted' && cause !== 'unknown')
  return {
    ...{ accepted: of('accepted'), unknown: of('unknown') },
    refused: refused.map(({ cause, n }) => ({ cause, count: n, hint: hintOf(cause) })),
  }
}

export type Prometheus = { url: string; trouble(): string | null }

/** How signals come in: what sends, when it was heard last, and how much was taken or refused, and why. */
export const readSignalsState = verb({
  name: 'read the state of signals',
  may: consoleRoles,
  async run(ctx: Ctx<StaffPrincipal> & { counts: Counts; prometheus: Prometheus | undefined }): Promise<SignalsState> {
    const { store, counts, prometheus } = ctx
    await counts.flush(store)
    const { rows } = await sql<{ state: Row }>`
      select jsonb_build_object(
        'as_of', to_jsonb(statement_timestamp()),
        'sources', coalesce((select jsonb_agg(to_jsonb(x) order by x.heard_at desc) from (
          select s.name, s.way, s.heard_at, case when k.id is not null then jsonb_build_object('id', k.id, 'name', k.name) end as key
          from signal_sources s left join ingest_keys k on k.id = s.key_id order by s.heard_at desc limit 200) as x), '[]'),
        'source_count', (select count(*) from signal_sources),
        'counts', coalesce((select jsonb_agg(to_jsonb(x) order by x.n desc) from (
          select cause, sum(n) as n from signal_counts where hour > statement_timestamp() - interval '24 hours' group by cause) as x), '[]'),
        'unknown_tenants', coalesce((select jsonb_agg(to_jsonb(x)) from (
          select tenant_id, count(*) as minutes, min(kept_at) as since from signal_unknown group by 1 order by 2 desc limit 20) as x), '[]'),
        'taken_until', (select to_jsonb(taken_until) from signal_cursors where source = 'prometheus')
      ) as state`.execute(store.db)
    const { counts: counted, taken_until, ...state } = (rows[0] as { state: Row }).state
    const instant = (text: string) => new Date(text).toISOString()
    return {
      ...{ as_of: instant(state.as_of), source_count: state.source_count },
      sources: state.sources.map((source) => ({ ...source, heard_at: instant(source.heard_at) })),
      last_24h: countsOf(counted),
      unknown_tenants: state.unknown_tenants.map((one) => ({ ...one, since: instant(one.since) })),
      prometheus: prometheus
        ? { url: prometheus.url, taken_until: taken_until && instant(taken_until), trouble: prometheus.trouble() }
        : null,
    }
  },
})
