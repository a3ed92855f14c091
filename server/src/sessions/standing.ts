import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { SessionStanding, SessionStatus } from '@countersign/contract/sessions.ts'
import { consoleRoles, type Role } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { AuthorityClock } from './clock.ts'

/**
 * A session `s` with what its standing depends on: what was done in it last `a`, its opener `m`; its tenant `t` and its revocation
 * `r`, each if there is one.
 */
export const judgedSessions = `(support_sessions s
  join session_activity a on a.session_id = s.id
  join staff m on m.id = s.staff_id
  left join tenants t on t.id = s.tenant_id
  left join session_revocations r on r.session_id = s.id)`

/** Whether the session may be used now, and if not, why: see session_standing() in the migrations. */
export const standing = `session_standing(s, a, r, t, m, array[${consoleRoles.map((role) => `'${role}'`).join(', ')}])`

/** Views `v` with the sign-in `i` that each was opened in: a view goes on no longer than that does. */
export const views = '(session_views v join staff_sessions i on i.id = v.sign_in_id)'
export const viewIsOpen = '(v.closed_at is null and i.ended_at is null)'

/** Milliseconds that authority's time has come to at the least (clock.ts), as the database's instant. */
export const floorOf = (ms: string): string => `coalesce(to_timestamp(${ms}::float8 / 1000), '-infinity')`

export const sqlJudged = sql.raw(judgedSessions)
export const sqlViews = sql.raw(views)
export const sqlViewIsOpen = sql.raw<boolean>(viewIsOpen)
export const sqlStanding = sql.raw<SessionStanding>(standing)
export const sqlStatus = sql.raw<SessionStatus>('session_status(s, a, r)')
/** When it ends, unless somebody does something in it or it is revoked. */
export const sqlEnds = sql.raw<Date>('least(s.expires_at, a.idle_at)')

/**
 * That a session is not over. None lives longer than 60 minutes, which leads the planner to the few that were opened since, by the
 * statement's clock, at which an index can be entered.
 */
export const sqlActive = sql<boolean>`not s.revoked and s.issued_at > statement_timestamp() - interval '60 minutes' and ${sqlEnds} > clock_timestamp()`

const refusals = {
  tenant_gone: 'tenant_gone',
  revoked: 'session_revoked',
  expired: 'session_expired',
  idle: 'session_timed_out',
  staff_not_allowed: 'staff_not_allowed',
} as const satisfies Record<Exclude<SessionStanding, 'usable'>, ErrorCode>

/** Why a session may not be used, as its refusals say it. */
export type Unusable = (typeof refusals)[keyof typeof refusals] | 'token_refused' | 'view_closed'

/** The code of the refusal, where there is one. */
export const codeOf = (found: SessionStanding | null): Unusable | undefined =>
  found === null ? 'token_refused' : found === 'usable' ? undefined : refusals[found]

/** A session as it stands: why it may not be used; or until when by our monotonic clock, and the roles that its opener has now. */
export type Look = { code: Unusable } | { code?: undefined; deadlineMs: number; roles: readonly Role[] }

type Row = { id: string | null; standing: SessionStanding | null; remaining_ms: number; roles: Role[]; now_ms: number }

/** How these sessions stand, by the primary and its clock, or by the clock's last word and ours. */
export const lookAt = async (store: Store, clock: AuthorityClock, sessionIds: readonly string[]): Promise<Map<string, Look>> => {
  const sentMs = performance.now()
  const floor = sql`coalesce(to_timestamp(${clock.floorAt(sentMs) ?? null}::float8 / 1000), '-infinity')`
  const { rows } = await sql<Row>`
    select k.id, case when ${sqlStanding} = 'usable' and ${sqlEnds} <= ${floor} then case when a.idle_at < s.expires_at then 'idle' else 'expired' end
        when s.id is not null then ${sqlStanding} end as standing, m.roles,
      extract(epoch from s.expires_at - greatest(clock_timestamp(), ${floor}))::float8 * 1000 as remaining_ms,
      extract(epoch from clock_timestamp())::float8 * 1000 as now_ms
    from (select) one left join unnest(${[...sessionIds]}::text[]) as k (id) on true left join ${sqlJudged} on s.id = k.id`.execute(
    store.db,
  )
  clock.read({ sentMs, heardMs: performance.now(), databaseMs: rows[0]?.now_ms as number })
  return new Map(
    rows.flatMap(({ id, standing, remaining_ms, roles }): [string, Look][] => {
      const code = codeOf(standing)
      return id === null ? [] : [[id, code === undefined ? { deadlineMs: sentMs + remaining_ms, roles } : { code }]]
    }),
  )
}
