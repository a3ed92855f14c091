import type { EventRequest } from '@countersign/contract/events.ts'
import { type Kysely, sql } from 'kysely'
import type { Base } from '../../access/ctx.ts'
import { actorOf, type IngestPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { Refusal } from '../../errors.ts'
import type { Tables } from '../../store/tables.ts'
import { isKey } from '../key-format.ts'
import { headerValues } from '../raw-headers.ts'
import { hashSecret } from '../secret.ts'

type Found = { id: string; name: string; is_good: boolean; is_new: boolean }

/** The key as it is now on the primary, by the database's clock. That it was used is noted at most once a minute. */
const findKey = async (db: Kysely<Tables>, key: string): Promise<Found | undefined> => {
  const { rows } = await sql<Found>`
    with clock as materialized (select clock_timestamp() as now),
    found as (
      select k.id, k.name, k.last_used_at is null as is_new, r.key_id is null and coalesce(k.expires_at > clock.now, true) as is_good
      from ingest_keys k left join ingest_key_revocations r on r.key_id = k.id cross join clock
      where k.key_hash = ${hashSecret(key)}
    ),
    touched as (
      update ingest_keys k set last_used_at = clock.now from found f, clock
      where k.id = f.id and f.is_good and k.last_used_at < clock.now - interval '1 minute'
    )
    select * from found`.execute(db)
  return rows[0]
}

/** Of two that come at once, one is the first. */
const recordFirstUse = (base: Base, { id, name }: Found, request: EventRequest): Promise<void> =>
  transact(base, async (tx) => {
    const first = await tx
      .updateTable('ingest_keys')
      .set({ last_used_at: sql`clock_timestamp()` })
      .where('id', '=', id)
      .where('last_used_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (first === undefined) return
    await base.journal.record(tx, {
      action: 'INGEST_KEY.FIRST_USED',
      result: 'ok',
      actor: actorOf({ kind: 'ingest', id }),
      target: { kind: 'key', id, label: name },
      request,
    })
  })

/**
 * Whose ingest key the one X-API-Key header holds. Whatever is wrong with a key, the answer is the same (TI-7), and is counted by the
 * door: signals leave no events but those of their keys.
 */
export const requireIngestKey = async (base: Base, rawHeaders: readonly string[], request: EventRequest): Promise<IngestPrincipal> => {
  const [key = '', ...more] = headerValues(rawHeaders, 'x-api-key')
  const found = more.length === 0 && isKey(key, 'ingest') ? await findKey(base.store.db, key) : undefined
  if (!found?.is_good) throw new Refusal('key_refused')
  if (found.is_new) await recordFirstUse(base, found, request)
  return { kind: 'ingest', id: found.id }
}
