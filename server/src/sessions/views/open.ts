import type { SessionId } from '@countersign/contract/ids.ts'
import type { View } from '@countersign/contract/views.ts'
import { sql } from 'kysely'
import type { z } from 'zod'
import { actorOf } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { newId } from '../../ids.ts'
import { newLabel } from '../../labels.ts'
import { closeViews } from './close.ts'
import { aboutView, mayView, originsOf, requireOffered, requireOwnSession, type ViewCtx } from './view.ts'

/**
 * Opens the product in the browser of whoever opened the session. Where pages of one label can set cookies for others, a browser has one
 * view open at a time: this one closes those before it.
 */
export const openView = verb({
  name: 'open a view',
  may: mayView,
  named: (session_id: z.infer<typeof SessionId>) => ({ session_id }),
  async run(ctx: ViewCtx, sessionId): Promise<View> {
    const views = requireOffered(ctx)
    const { principal, journal } = ctx
    const view = { id: newId('view'), label: newLabel() }
    const closed = await transact(ctx, async (tx) => {
      const session = await requireOwnSession(tx, principal, sessionId)
      // One after the other in a browser, or two that open at once would not see each other.
      await sql`select from staff_sessions where id = ${principal.session_id} for no key update`.execute(tx)
      const others = views.labels.isIsolated ? [] : await closeViews(tx, ctx, sql`v.sign_in_id = ${principal.session_id}`, 'another_view')
      await tx
        .insertInto('session_views')
        .values({ ...view, session_id: sessionId, sign_in_id: principal.session_id })
        .execute()
      await journal.record(tx, {
        action: 'SUPPORT_SESSION.VIEW.OPENED',
        result: 'ok',
        actor: actorOf(principal),
        ...aboutView(session),
        details: { view_id: view.id },
      })
      return others
    })
    ctx.onViewsClosed(closed)
    return { view_id: view.id, origins: originsOf(views, view.label) }
  },
})
