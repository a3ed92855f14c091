import type { DestinationState } from '@countersign/contract/feed.ts'
import { type Kysely, sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import type { Config } from '../config.ts'
import type { Destination } from '../destinations.ts'
import type { Tables } from '../store/tables.ts'
import { refusedMaximum } from './cursor.ts'
import { addressOf } from './open-sender.ts'
import { contentOf, filterOf } from './write.ts'

type Row = {
  destination: string
  next_index: string
  log_size: string
  behind_since: Date | null
  delivered: string
  delivered_at: Date | null
  refused_in_a_row: number
  failures: number
  error: string | null
  error_at: Date | null
  parked_count: string
  parked: { log_index: number; event_id: string; why: string; parked_at: string }[]
}

/** One statement, so that all of it is of one instant. A destination that was never begun is at the start of the log. */
const readRows = async (db: Kysely<Tables>, names: readonly string[]): Promise<Map<string, Row>> => {
  const { rows } = await sql<Row>`
    select d.destination, coalesce(c.next_index, 0)::text as next_index, s.size::text as log_size, e.occurred_at as behind_since,
      coalesce(c.delivered, 0)::text as delivered, c.delivered_at, coalesce(c.refused_in_a_row, 0) as refused_in_a_row,
      coalesce(c.failures, 0) as failures, c.error, c.error_at,
      (select count(*) from feed_parked p where p.destination = d.destination)::text as parked_count,
      coalesce((
        select json_agg(json_build_object('log_index', p.log_index, 'event_id', p.event_id, 'why', p.why,
          'parked_at', to_char(p.parked_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by p.log_index desc)
        from (select * from feed_parked p where p.destination = d.destination order by log_index desc limit 20) p
      ), '[]') as parked
    from unnest(${names}::text[]) as d(destination)
    cross join log_sequencer s
    left join feed_cursors c on c.destination = d.destination
    left join log_entries e on e.log_index = coalesce(c.next_index, 0)`.execute(db)
  return new Map(rows.map((row) => [row.destination, row]))
}

const stateOf = (row: Row, behind: number): DestinationState['state'] => {
  if (row.refused_in_a_row >= refusedMaximum) return 'refusing'
  if (row.error !== null) return 'retrying'
  return behind === 0 ? 'up_to_date' : 'delivering'
}

const formatState = (name: string, destination: Destination, row: Row): DestinationState => {
  const behind = Number(row.log_size) - Number(row.next_index)
  const { type, tenant_id } = destination
  const format = 'format' in destination && contentOf(destination) === 'events' ? destination.format : null
  return {
    ...{ name, type, format, content: contentOf(destination), filter: filterOf(destination), address: addressOf(destination) },
    ...(tenant_id === undefined ? {} : { tenant_id }),
    state: stateOf(row, behind),
    next_index: Number(row.next_index),
    log_size: Number(row.log_size),
    behind,
    behind_since: behind > 0 ? (row.behind_since?.toISOString() ?? null) : null,
    delivered: Number(row.delivered),
    delivered_at: row.delivered_at?.toISOString() ?? null,
    error:
      row.error === null || row.error_at === null ? null : { sentence: row.error, at: row.error_at.toISOString(), failures: row.failures },
    parked: row.parked,
    parked_count: Number(row.parked_count),
  }
}

export type DestinationNeeds = { config: Pick<Config, 'destinations'> }

export const readStates = async (db: Kysely<Tables>, { config }: DestinationNeeds): Promise<DestinationState[]> => {
  const named = Object.entries(config.destinations)
  const rows = await readRows(
    db,
    named.map(([name]) => name),
  )
  return named.map(([name, destination]) => formatState(name, destination, rows.get(name) as Row))
}

/** Every destination that the configuration names, with how delivery to it goes. */
export const listDestinations = verb({
  name: 'list destinations',
  may: ['super_admin', 'auditor'],
  run: ({ store, config }: Ctx<StaffPrincipal> & DestinationNeeds): Promise<DestinationState[]> => readStates(store.db, { config }),
})
