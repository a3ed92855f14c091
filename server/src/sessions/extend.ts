import type { Actor, NewEvent } from '@countersign/contract/events.ts'
import { sql, type Transaction } from 'kysely'
import type { Journal } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { extendedName } from './event-names.ts'
import { lockSession } from './order.ts'
import { aboutSession, type OwnSession } from './own.ts'
import { codeOf, sqlJudged, sqlStanding } from './standing.ts'
import { moveIdleLimit } from './stay.ts'

type Asked = {
  session_id: string
  minutes: number
  /** The longest that it may run from its opening. */
  most: number
  actor: Actor
  reason: string
  ticket: string | undefined
  policy: string
  request_id?: string
}

type Row = OwnSession & { standing: Parameters<typeof codeOf>[0]; expires: string; is_beyond: boolean; left: number }

const loadTerm = async (tx: Transaction<Tables>, { session_id, minutes, most }: Asked): Promise<Row> => {
  const { rows } = await sql<Row>`
    select s.id, s.tenant_id, s.target_user_id, s.staff_id, s.digests, ${sqlStanding} as standing,
      (s.expires_at + make_interval(mins => ${minutes}::int))::text as expires,
      s.expires_at + make_interval(mins => ${minutes}::int) > s.issued_at + make_interval(mins => ${most}::int) as is_beyond,
      greatest(0, floor(extract(epoch from s.issued_at + make_interval(mins => ${most}::int) - s.expires_at) / 60))::int as left
    from ${sqlJudged} where s.id = ${session_id}`.execute(tx)
  const row = rows[0]
  if (!row) throw new Refusal('not_found')
  return row
}

/**
 * Lets a session that may be used run longer, in the caller's transaction and with its event: never beyond its limit from its opening,
 * which the tables hold too. Whether its gates are met its caller has judged.
 */
export const insertExtended = async (tx: Transaction<Tables>, journal: Journal, asked: Asked): Promise<void> => {
  await lockSession(tx, asked.session_id)
  const row = await loadTerm(tx, asked)
  const code = codeOf(row.standing)
  if (code !== undefined) throw new Refusal(code)
  if (row.is_beyond)
    throw new Refusal('extension_too_long', {
      detail: `It may run for ${asked.most} minutes from its opening: ${row.left} more than it does.`,
    })
  const { actor, reason, ticket, minutes, policy, request_id } = asked
  // Events of both names have the same members.
  const event = journal.draft({
    action: extendedName(row),
    result: 'ok',
    actor,
    ...aboutSession(row),
    ...(ticket === undefined ? {} : { ticket }),
    reason,
    details: { minutes, expires_at: new Date(row.expires).toISOString(), policy, request_id },
  } as NewEvent)
  await sql`
    insert into session_extensions (session_id, expires_at, event_id)
    values (${row.id}, ${row.expires}::timestamptz, ${event.id})`.execute(tx)
  await moveIdleLimit(tx, row.id)
  await journal.write(tx, [event])
}
