import type { ErrorCode } from '@countersign/contract/errors.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Store } from '../store/open.ts'

export type Over = Extract<ErrorCode, 'token_refused' | 'tenant_gone' | 'session_revoked' | 'session_expired' | 'staff_not_allowed'>

/** For each of these sessions that may not be used now: why, by the primary and its clock. */
export const findOver = async (store: Store, sessionIds: readonly string[]): Promise<Map<string, Over>> => {
  const { rows } = await sql<{ id: string; why: Over }>`
    select id, why from (
      select k.id, case
        when s.id is null then 'token_refused'
        when t.id is null then 'tenant_gone'
        when r.session_id is not null then 'session_revoked'
        when s.expires_at <= clock_timestamp() then 'session_expired'
        when m.disabled_at is not null or not m.roles && ${[...consoleRoles]}::text[] then 'staff_not_allowed' end as why
      from unnest(${[...sessionIds]}::text[]) as k (id)
      left join support_sessions s on s.id = k.id
      left join staff m on m.id = s.staff_id
      left join tenants t on t.id = s.tenant_id and t.deleted_at is null and t.known_since <= s.issued_at
      left join session_revocations r on r.session_id = k.id
    ) judged where why is not null`.execute(store.db)
  return new Map(rows.map(({ id, why }) => [id, why]))
}
