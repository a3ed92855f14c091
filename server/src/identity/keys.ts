import type { Permission } from '@countersign/contract/keys.ts'
import { type Kysely, sql } from 'kysely'
import { newBudget } from '../access/budget.ts'
import type { Base } from '../access/ctx.ts'
import { type Denied, deny } from '../access/deny.ts'
import { actorOf, anonymous, type TenantPrincipal } from '../access/principal.ts'
import { onRecord } from '../access/transact.ts'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { hintOf, isKey } from './key-format.ts'
import { headerValues } from './raw-headers.ts'
import { hashSecret } from './secret.ts'

type Found = { id: string; tenant_id: string; permissions: Permission[]; trouble: 'revoked' | 'expired' | "a former tenant's" | null }

/** The key as it is now on the primary, by the database's clock. That it was used is noted at most once a minute. */
export const findKey = async (db: Kysely<Tables>, key: string): Promise<Found | undefined> => {
  const { rows } = await sql<Found>`
    with clock as materialized (select clock_timestamp() as now),
    found as (
      select k.id, k.tenant_id, k.permissions,
        case when r.key_id is not null then 'revoked' when k.expires_at <= clock.now then 'expired'
          when k.created_at < t.known_since then 'a former tenant''s' end as trouble
      from api_keys k left join api_key_revocations r on r.key_id = k.id left join tenants t on t.id = k.tenant_id cross join clock
      where k.key_hash = ${hashSecret(key)}
    ),
    touched as (
      update api_keys k set last_used_at = clock.now from found f, clock
      where k.id = f.id and f.trouble is null
        and (k.last_used_at is null or k.last_used_at < clock.now - interval '1 minute')
    )
    select * from found`.execute(db)
  return rows[0]
}

const strangers = newBudget(30)

/** A refusal of a key that exists is its tenant's to see. Of keys that never were, only some are recorded, and the rest counted. */
const denyKey = (note: string, found?: Found): Denied => {
  const refusal = new Refusal('key_refused')
  if (!found) return deny(refusal, { action: 'AUTH.DENIED', actor: anonymous, note }, { budget: strangers })
  const { id, tenant_id } = found
  return deny(refusal, {
    action: 'AUTH.DENIED',
    actor: actorOf({ kind: 'tenant', ...found }),
    tenant_id,
    target: { kind: 'key', id },
    note,
  })
}

/** The tenant whose key the one X-API-Key header holds. Whatever is wrong with a key, the answer is the same (TI-7). */
export const requireTenantKey = (base: Base, rawHeaders: readonly string[]): Promise<TenantPrincipal> =>
  onRecord(base, async () => {
    const sent = headerValues(rawHeaders, 'x-api-key')
    const [key] = sent
    if (key === undefined) throw new Refusal('key_refused')
    if (sent.length > 1) throw denyKey('two API keys in one request')
    if (!isKey(key)) throw denyKey('not the form of an API key')
    const found = await findKey(base.store.db, key)
    if (found === undefined) throw denyKey(`unknown API key ${hintOf(key)}`)
    if (found.trouble !== null) throw denyKey(`the API key is ${found.trouble}`, found)
    return { kind: 'tenant', id: found.id, tenant_id: found.tenant_id, permissions: found.permissions }
  })
