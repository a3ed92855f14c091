import type { SessionId, ViewId } from '@countersign/contract/ids.ts'
import type { MintCode, MintedCode } from '@countersign/contract/views.ts'
import { sql } from 'kysely'
import type { z } from 'zod'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'
import { mayView, newSecret, originsOf, requireOffered, requireOwnSession, type ViewCtx } from './view.ts'

type Input = { session_id: z.infer<typeof SessionId>; view_id: z.infer<typeof ViewId> } & MintCode

/** More than a person who reloads all the time needs in an hour. */
const codesMaximum = 1_000

type Row = { label: string; closed_at: Date | null; codes: number }

/**
 * Makes a code with which one browser can enter one origin of a view, once, within a minute. What the browser is known by it said itself: a
 * code that gets into other hands is worth nothing there, so that it is made is no event. That it is used is one, or is refused.
 */
export const mintCode = verb({
  name: 'enter a view',
  may: mayView,
  named: ({ session_id }: Input) => ({ session_id }),
  async run(ctx: ViewCtx, { session_id, view_id, origin, browser }): Promise<MintedCode> {
    const views = requireOffered(ctx)
    const { principal } = ctx
    const code = newSecret('cs_view_')
    await transact(ctx, async (tx) => {
      await requireOwnSession(tx, principal, session_id)
      const { rows } = await sql<Row>`
        select v.label, v.closed_at, (select count(*)::int from session_view_codes c where c.view_id = v.id) as codes
        from session_views v
        where v.id = ${view_id} and v.session_id = ${session_id} and v.sign_in_id = ${principal.session_id}`.execute(tx)
      const view = rows[0]
      const place = view && originsOf(views, view.label).find((one) => one.origin === origin)
      if (!view || !place) throw new Refusal('not_found')
      if (view.closed_at) throw new Refusal('view_closed')
      if (view.codes >= codesMaximum) throw new Refusal('too_many_requests')
      await tx
        .insertInto('session_view_codes')
        .values({ code_hash: code.hash, view_id, upstream: place.upstream, browser_hash: Buffer.from(browser, 'base64url') })
        .execute()
    })
    return { code: code.text }
  },
})
