import { sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import { transaction } from '../store/transaction.ts'
import { committedTo, type Digests } from './digests.ts'
import { endedTarget, ranOutName } from './event-names.ts'
import { sqlEnds, sqlJudged, sqlStatus } from './standing.ts'

type Ended = { id: string; tenant_id: string; target_user_id: string | null; digests: Digests; by: 'expiry' | 'idle' }

const sessionsMaximum = 200

/**
 * Puts on the record that sessions have run out or were idle for too long, each once whichever replica comes first. Nothing depends on
 * it: a session is over at either limit by the database's clock (S3). `everything` looks further back than two hours.
 */
export const noteExpiries = async (needs: Base, everything = true): Promise<number> => {
  let noted = 0
  for (;;) {
    const count = await transaction(needs.store, async (tx) => {
      const { rows } = await sql<Ended>`
        with ended as (
          select s.id, s.tenant_id, s.target_user_id, s.digests, ${sqlEnds} as ended_at,
            case when a.idle_at < s.expires_at then 'idle' else 'expiry' end as by from ${sqlJudged}
          where ${sqlStatus} = 'EXPIRED'
            -- By the statement's clock, at which an index can be entered.
            and s.expires_at > case when ${everything} then '-infinity' else statement_timestamp() - interval '2 hours' end
            and not exists (select from session_expiries e where e.session_id = s.id)
          order by ended_at limit ${sessionsMaximum}
        ), claimed as (
          insert into session_expiries (session_id) select id from ended on conflict (session_id) do nothing returning session_id
        )
        select e.id, e.tenant_id, e.target_user_id, e.digests, e.by from ended e join claimed c on c.session_id = e.id order by e.ended_at`.execute(
        tx,
      )
      for (const session of rows) {
        const { id, tenant_id, digests } = session
        await needs.journal.record(tx, {
          action: ranOutName(session, session.by),
          result: 'ok',
          actor: { kind: 'system', id: 'expiry' },
          tenant_id,
          target: endedTarget(session),
          session_id: id,
          ticket: committedTo(digests, 'ticket'),
        })
      }
      return rows.length
    })
    noted += count
    if (count < sessionsMaximum) return noted
  }
}

/** Notes expiries every few seconds until it is stopped. */
export const startExpiry = (needs: Base & { log: LoopLog }, { everyMs = 2_000 } = {}): Loop => {
  let passes = 0
  return startLoop({
    name: 'expiry',
    everyMs,
    log: needs.log,
    pass: async () => {
      // All of the past at the start and once in a while: after a long outage some may lie further back.
      await noteExpiries(needs, passes++ % 1_000 === 0)
    },
  })
}
