import { consoleRoles } from '@countersign/contract/staff.ts'
import type pg from 'pg'
import { macOf } from '../audit/record.ts'

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
  /** Each once, however many requests ask for it. */
  asks: readonly Ask[]
  /** For each event the ask that admits it, counted from 1; 0 where it is recorded in any case. */
  places: readonly number[]
  heads: string
  tails: string
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
    select e.head || to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || e.tail,
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

/** The asks of several batches, each once; and for each batch the new place of each of its own, counted from 1. */
const mergeAsks = (batches: readonly Batch[]): { asks: Ask[]; placesOf: number[][] } => {
  const asks: Ask[] = []
  const known = new Map<string, number>()
  const placeOf = (ask: Ask): number => {
    const name = JSON.stringify(ask)
    const place = known.get(name) ?? asks.push(ask)
    known.set(name, place)
    return place
  }
  return { placesOf: batches.map((batch) => batch.asks.map(placeOf)), asks }
}

/**
 * Records batches with one statement. Answers, for each, how many more milliseconds each of its asks is granted, by place; one
 * that is not there is not granted, and the events that needed it are not recorded.
 */
export const recordBatches = async (pool: pg.Pool, batches: readonly (Batch & Marked)[]): Promise<Map<number, number>[]> => {
  const { asks, placesOf } = mergeAsks(batches)
  const columns = [0, 1, 2, 3, 4, 5, 6].map((column) => asks.map((ask) => ask[column]))
  const places = batches.flatMap((batch, i) => batch.places.map((place) => (place === 0 ? 0 : placesOf[i]?.[place - 1])))
  const lines = (half: 'heads' | 'tails') => batches.map((batch) => batch[half]).join('\n')
  const marks = Buffer.concat(batches.map((batch) => batch.marks))
  const values = [...columns, consoleRoles, lines('heads'), lines('tails'), places.join(','), marks]
  const { rows } = await pool.query<{ place: number; remaining_ms: number }>({ name: 'gateway-record', text, values })
  const remaining = new Map(rows.map(({ place, remaining_ms }) => [place, remaining_ms]))
  return placesOf.map((ours) => {
    const granted = new Map<number, number>()
    ours.forEach((place, i) => {
      const ms = remaining.get(place)
      if (ms !== undefined) granted.set(i + 1, ms)
    })
    return granted
  })
}
