import type { SessionId, ViewId } from '@countersign/contract/ids.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { z } from 'zod'
import { actorOf } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import type { Tables } from '../../store/tables.ts'
import { aboutView, mayView, type ViewCtx, type ViewedSession } from './view.ts'

type Closed = ViewedSession & { view_id: string }

/** Closes views, each with its event; answers which of them were open until now. */
export const closeViews = async (
  tx: Transaction<Tables>,
  { principal, journal }: Pick<ViewCtx, 'principal' | 'journal'>,
  which: RawBuilder<unknown>,
  by: 'opener' | 'another_view',
): Promise<string[]> => {
  const { rows } = await sql<Closed>`
    update session_views v set closed_at = clock_timestamp() from support_sessions s
    where s.id = v.session_id and s.staff_id = ${principal.id} and v.closed_at is null and ${which}
    returning v.id as view_id, s.id, s.tenant_id, s.target_user_id, s.staff_id, s.digests`.execute(tx)
  await journal.recordAll(
    tx,
    rows.map(({ view_id, ...session }) => ({
      action: 'SUPPORT_SESSION.VIEW.CLOSED',
      result: 'ok',
      actor: actorOf(principal),
      ...aboutView(session),
      details: { view_id, closed_by: by },
    })),
  )
  return rows.map(({ view_id }) => view_id)
}

type Input = { session_id: z.infer<typeof SessionId>; view_id: z.infer<typeof ViewId> }

/** Closes a view of one's own: its cookies are worth nothing from then on. Twice is harmless. */
export const closeView = verb({
  name: 'close a view',
  may: mayView,
  named: ({ session_id }: Input) => ({ session_id }),
  async run(ctx: ViewCtx, { session_id, view_id }): Promise<void> {
    const closed = await transact(ctx, (tx) => closeViews(tx, ctx, sql`v.id = ${view_id} and v.session_id = ${session_id}`, 'opener'))
    ctx.onViewsClosed(closed)
  },
})
