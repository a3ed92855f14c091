import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { SessionStanding, SessionStatus } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { AuthorityClock } from './clock.ts'

/** A session `s` with what its standing depends on: its opener `m`, its tenant `t` and its revocation `r`, each if there is one. */
export const judgedSessions = `(support_sessions s
  join staff m on m.id = s.staff_id
  left join tenants t on t.id = s.tenant_id
  left join session_revocations r on r.session_id = s.id)`

/** Whether the session may be used now, and if not, why: see session_standing() in the migrations. */
export const standing = `session_standing(s, r, t, m, array[${consoleRoles.map((role) => `'${role}'`).join(', ')}])`

/** Milliseconds that authority's time has come to at the least (clock.ts), as the database's instant. */
export const floorOf = (ms: string): string => `coalesce(to_timestamp(${ms}::float8 / 1000), '-infinity')`

export const sqlJudged = sql.raw(judgedSessions)
export const sqlStanding = sql.raw<SessionStanding>(standing)
export const sqlStatus = sql.raw<SessionStatus>('session_status(s, r)')

const refusals = {
  tenant_gone: 'tenant_gone',
  revoked: 'session_revoked',
  expired: 'session_expired',
  staff_not_allowed: 'staff_not_allowed',
} as const satisfies Record<Exclude<SessionStanding, 'usable'>, ErrorCode>

/** Why a session may not be used, as its refusals say it. */
export type Unusable = (typeof refusals)[keyof typeof refusals] | 'token_refused' | 'view_closed'

/** The code of the refusal, where there is one. */
export const codeOf = (found: SessionStanding | null): Unusable | undefined =>
  found === null ? 'token_refused' : found === 'usable' ? undefined : refusals[found]

/** For each of these sessions that may not be used now: why, by the primary and its clock, or by the clock's last word and ours. */
export const findUnusable = async (store: Store, clock: AuthorityClock, sessionIds: readonly string[]): Promise<Map<string, Unusable>> => {
  const sentMs = performance.now()
  const floor = sql`coalesce(to_timestamp(${clock.floorAt(sentMs) ?? null}::float8 / 1000), '-infinity')`
  const { rows } = await sql<{ id: string | null; standing: SessionStanding | null; now_ms: number }>`
    select k.id, case when ${sqlStanding} = 'usable' and s.expires_at <= ${floor} then 'expired' when s.id is not null then ${sqlStanding} end as standing,
      extract(epoch from clock_timestamp())::float8 * 1000 as now_ms
    from (select) one left join unnest(${[...sessionIds]}::text[]) as k (id) on true left join ${sqlJudged} on s.id = k.id`.execute(
    store.db,
  )
  clock.read({ sentMs, heardMs: performance.now(), databaseMs: rows[0]?.now_ms as number })
  return new Map(
    rows.flatMap(({ id, standing }) => {
      const code = codeOf(standing)
      return id === null || code === undefined ? [] : [[id, code]]
    }),
  )
}
