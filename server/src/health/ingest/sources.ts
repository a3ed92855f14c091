import { type SignalWay, signalLimits } from '@countersign/contract/signals.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../store/tables.ts'

export type Source = {
  id: string
  /** As minutes name it: by its way too, so that two that go by the same name are two. */
  name: string
  /** The earliest point that it ever sent, before this call. */
  first_us: number | null
}

export const nameOf = (way: SignalWay, name: string): string => `${way}:${name}`

/**
 * Notes that these sources were heard, and holds their rows until the end of the transaction: one writer for a source at a time. In
 * the order of their names, so that no two writers wait for each other. Sources beyond the limit are left out.
 */
export const holdSources = async (
  tx: Kysely<Tables>,
  given: { way: SignalWay; key_id: string | null; names: readonly string[] },
): Promise<Map<string, Source>> => {
  const { way, key_id } = given
  const names = [...given.names].sort()
  const { rows } = await sql<{ id: string; name: string; first_us: string | null }>`
    with wanted as (
      select name from unnest(${names}::text[]) with ordinality as u (name, place)
      where exists (select from signal_sources s where s.way = ${way} and s.name = u.name)
        or (select count(*) from signal_sources) + place <= ${signalLimits.sources}
      order by place
    )
    insert into signal_sources as s (way, name, key_id) select ${way}, name, ${key_id} from wanted
    on conflict (way, name) do update set heard_at = clock_timestamp(), key_id = excluded.key_id
    returning s.id, s.name, s.first_us`.execute(tx)
  return new Map(
    rows.map(({ id, name, first_us }) => [name, { id, name: nameOf(way, name), first_us: first_us === null ? null : Number(first_us) }]),
  )
}
