import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import { newBudget } from '../access/budget.ts'
import type { Base } from '../access/ctx.ts'
import { deny } from '../access/deny.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { findCookie, sessionCookie } from './cookies.ts'
import { hashSecret, isSecret } from './secret.ts'

export const idleTime = sql`interval '15 minutes'`
export const absoluteTime = sql`interval '8 hours'`
/** Finer than this, last_seen_at is not kept: a write for every read would cost more than it says. */
const touchAfter = sql`interval '30 seconds'`

type Found = {
  id: string
  staff_id: string
  issuer: string
  subject: string
  email: string
  name: string
  roles: Role[]
  trouble: Extract<ErrorCode, 'session_idle' | 'session_over'> | null
  why: string | null
}

/**
 * One statement, on the primary (a standby refuses it, for it may write), judged by the database's clock: the sign-in, the
 * staff member as they are now, and what is wrong. It is touched only while nothing is wrong.
 */
const findSignIn = async (db: Kysely<Tables>, token: string, touch: boolean): Promise<Found | undefined> => {
  const { rows } = await sql<Found>`
    with clock as materialized (select clock_timestamp() as now),
    found as (
      select s.id, s.staff_id, p.issuer, p.subject, p.email, p.name, p.roles, s.ended_at,
        case when s.ended_at is not null then coalesce(s.ended_why, 'ended')
          when p.disabled_at is not null then 'disabled'
          when s.expires_at <= clock.now then 'time limit'
          when s.last_seen_at <= clock.now - ${idleTime} then 'idle'
        end as why
      from staff_sessions s join staff p on p.id = s.staff_id cross join clock
      where s.token_hash = ${hashSecret(token)}
    ),
    touched as (
      update staff_sessions s set last_seen_at = clock.now from found f, clock
      where s.id = f.id and f.why is null and s.ended_at is null and ${touch} and s.last_seen_at < clock.now - ${touchAfter}
    )
    select id, staff_id, issuer, subject, email, name, roles, why,
      case when why is null then null when why = 'idle' then 'session_idle' else 'session_over' end as trouble
    from found`.execute(db)
  return rows[0]
}

const replays = newBudget(60)

/** Puts the end on the record when it is first seen; after that, further use of the dead cookie, once a minute. */
const refuseSignIn = (base: Base, principal: StaffPrincipal, code: ErrorCode, why: string): Promise<never> =>
  transact<never>(base, async (tx) => {
    const ended = await tx
      .updateTable('staff_sessions')
      .set({ ended_at: sql`clock_timestamp()`, ended_why: why })
      .where('id', '=', principal.session_id)
      .where('ended_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return deny(
      new Refusal(code),
      {
        action: 'AUTH.DENIED',
        actor: actorOf(principal),
        target: { kind: 'staff', id: principal.id, label: principal.email },
        note: ended ? `the sign-in has ended: ${why}` : `a sign-in that had ended was used: ${why}`,
      },
      ended ? undefined : { budget: replays, key: principal.session_id },
    )
  })

/** The staff member whom the session cookie names, read from the primary for this very request; else a refusal. */
export const requireStaff = async (
  { publicUrl, ...base }: Base & { publicUrl: string },
  rawHeaders: readonly string[],
  options: { touch: boolean },
): Promise<StaffPrincipal> => {
  const token = findCookie(rawHeaders, sessionCookie(publicUrl))
  if (token === undefined || !isSecret(token)) throw new Refusal('not_signed_in')
  const found = await findSignIn(base.store.db, token, options.touch)
  if (found === undefined) throw new Refusal('not_signed_in')
  const { id: session_id, staff_id: id, issuer, subject, email, name, roles, trouble, why } = found
  const principal: StaffPrincipal = { kind: 'staff', id, issuer, subject, email, name, roles, session_id }
  if (trouble !== null) return refuseSignIn(base, principal, trouble, why ?? 'ended')
  return principal
}
