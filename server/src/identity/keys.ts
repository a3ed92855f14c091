import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { Permission } from '@countersign/contract/keys.ts'
import { type Kysely, sql } from 'kysely'
import type { Journal } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { newBudget } from './budget.ts'
import { hintOf, isKey } from './key-format.ts'
import { actorOf, type TenantPrincipal } from './principal.ts'
import { headerValues } from './raw-headers.ts'
import { hashSecret } from './secret.ts'

export type KeyNeeds = { store: Store; journal: Journal }

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
const refuseKey = async (needs: KeyNeeds, code: ErrorCode, note: string, found?: Found): Promise<never> => {
  const unrecorded = found ? 0 : strangers.take()
  if (unrecorded !== undefined) {
    await transaction(needs.store, (tx) =>
      needs.journal.record(tx, {
        action: 'AUTH.DENIED',
        result: 'deny',
        ...(found
          ? {
              actor: actorOf({ kind: 'tenant', ...found }),
              tenant_id: found.tenant_id,
              target: { kind: 'key', id: found.id },
            }
          : { actor: { kind: 'anonymous', id: 'anonymous' } }),
        code,
        note,
        ...(unrecorded > 0 ? { details: { unrecorded } } : {}),
      }),
    )
  }
  throw new Refusal(code)
}

/** The tenant whose key the one X-API-Key header holds. Whatever is wrong with a key, the answer is the same (TI-7). */
export const requireTenantKey = async (
  needs: KeyNeeds,
  rawHeaders: readonly string[],
  permission: Permission,
): Promise<TenantPrincipal> => {
  const sent = headerValues(rawHeaders, 'x-api-key')
  const [key] = sent
  if (key === undefined) throw new Refusal('key_refused')
  if (sent.length > 1) return refuseKey(needs, 'key_refused', 'two API keys in one request')
  if (!isKey(key)) return refuseKey(needs, 'key_refused', 'not the form of an API key')
  const found = await findKey(needs.store.db, key)
  if (found === undefined) return refuseKey(needs, 'key_refused', `unknown API key ${hintOf(key)}`)
  if (found.trouble !== null) return refuseKey(needs, 'key_refused', `the API key is ${found.trouble}`, found)
  if (!found.permissions.includes(permission)) {
    return refuseKey(needs, 'key_permission_missing', `the API key lacks the permission ${permission}`, found)
  }
  return { kind: 'tenant', id: found.id, tenant_id: found.tenant_id, permissions: found.permissions }
}
