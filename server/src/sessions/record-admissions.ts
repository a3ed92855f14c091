import { consoleRoles } from '@countersign/contract/staff.ts'
import type pg from 'pg'
import { macOf, nowText } from '../audit/record.ts'

/** What must be so, by the database, for a request to be admitted: all that its event says of session and staff, and the scope. */
export type Ask = readonly [
  sessionId: string,
  tokenHash: string,
  tenantId: string,
  staffId: string,
  email: string,
  name: string,
  scope: string,
]

/** Events to be recorded. As lines, which a statement takes faster than arrays: an event's JSON holds no line feed. */
export type Batch = {
  heads: string
  tails: string
  /** For each event what must be granted; undefined where it is recorded in any case. */
  asks: readonly (Ask | undefined)[]
}

/** The marks of a batch's events, one after the other. */
export type Marked = { marks: Buffer }

/**
 * The admission: one statement on the primary that records the request where its session is running by the database's
 * clock, not revoked, has the scope, and is of a staff member who may still use it; and where all that the event says of them
 * is still so. What it answers is admitted, and only that. Other events of the gateway ride along.
 */
const text = `
  with admitted as materialized (
    select k.place, extract(epoch from s.expires_at - clock_timestamp())::float8 * 1000 as remaining_ms
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) with ordinality
      as k (id, token_hash, tenant_id, staff_id, email, name, scope, place)
    join support_sessions s on s.id = k.id
    join staff m on m.id = s.staff_id
    -- The tenant it was opened for: not deleted since, and its id not another's.
    join tenants t on t.id = s.tenant_id and t.deleted_at is null and t.known_since <= s.issued_at
    where s.expires_at > clock_timestamp()
      -- Not "=": a session is found by its id alone, whatever a planner thinks of the other indexes.
      and (encode(s.token_hash, 'hex'), s.tenant_id, s.staff_id) is not distinct from (k.token_hash, k.tenant_id, k.staff_id)
      and (m.email, m.name) is not distinct from (k.email, k.name)
      and m.disabled_at is null and m.roles && $8::text[]
      and s.scopes @> array[k.scope]
      and hold_session(s.id)
  ), recorded as (
    insert into events (body, mac)
    select e.head || ${nowText} || e.tail,
           substring($12::bytea from e.ord::int * 32 - 31 for 32)
    from unnest(string_to_array($9, E'\\n'), string_to_array($10, E'\\n'), string_to_array($11, ',')::int[]) with ordinality
      as e (head, tail, place, ord)
    where e.place = 0 or e.place in (select place from admitted)
  )
  select place::int as place, remaining_ms from admitted`

export const markBatch = <B extends Batch>(key: Buffer, batch: B): B & Marked => {
  const tails = batch.tails.split('\n')
  return { ...batch, marks: Buffer.concat(batch.heads.split('\n').map((head, i) => macOf(key, head, tails[i] as string))) }
}

/**
 * Records batches with one statement. Answers, for each event of each, how many more milliseconds its ask is granted;
 * undefined where there is none, or it is not granted and the event not recorded.
 */
export const recordBatches = async (pool: pg.Pool, batches: readonly (Batch & Marked)[]): Promise<(number | undefined)[][]> => {
  // Each ask once, however many requests ask it; their places are counted from 1.
  const asks: Ask[] = []
  const known = new Map<string, number>()
  const placeOf = (ask: Ask | undefined): number => {
    if (!ask) return 0
    const name = JSON.stringify(ask)
    const place = known.get(name) ?? asks.push(ask)
    known.set(name, place)
    return place
  }
  const places = batches.map((batch) => batch.asks.map(placeOf))
  const columns = [0, 1, 2, 3, 4, 5, 6].map((column) => asks.map((ask) => ask[column]))
  const lines = (half: 'heads' | 'tails') => batches.map((batch) => batch[half]).join('\n')
  const marks = Buffer.concat(batches.map((batch) => batch.marks))
  const values = [...columns, consoleRoles, lines('heads'), lines('tails'), places.flat().join(','), marks]
  const { rows } = await pool.query<{ place: number; remaining_ms: number }>({ name: 'gateway-record', text, values })
  const remaining = new Map(rows.map(({ place, remaining_ms }) => [place, remaining_ms]))
  return places.map((ours) => ours.map((place) => remaining.get(place)))
}
