import type { EventRequest } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import type { Base } from '../../access/ctx.ts'
import { transact } from '../../access/transact.ts'
import type { EndSessions } from '../end-sessions.ts'
import { hashSecret } from '../secret.ts'

type SignOutNeeds = Base & { endSessions: EndSessions }
type Input = { token: string; request: EventRequest; withSessions: boolean }

/**
 * Ends the sign-in of a cookie's secret, and with it the support sessions that the person has open where they are not to go on. One that
 * is over already, or never was, is left as it is. Answers which support sessions ended.
 */
export const signOut = async (base: SignOutNeeds, { token, request, withSessions }: Input): Promise<string[]> =>
  await transact(base, async (tx) => {
    const ended = await tx
      .updateTable('staff_sessions as s')
      .from('staff as p')
      .set({ ended_at: sql`clock_timestamp()`, ended_why: 'signed out' })
      .whereRef('p.id', '=', 's.staff_id')
      .where('s.token_hash', '=', hashSecret(token))
      .where('s.ended_at', 'is', null)
      .returning(['s.id', 'p.id as staff_id', 'p.issuer', 'p.subject', 'p.email', 'p.name'])
      .executeTakeFirst()
    if (ended === undefined) return []
    const { id: sign_in, staff_id: id, issuer, subject, email, name } = ended
    const actor = { kind: 'staff', id, issuer, subject, email, name } as const
    await base.journal.record(tx, {
      action: 'AUTH.SIGNED_OUT',
      result: 'ok',
      actor,
      target: { kind: 'staff', id, label: email },
      request,
      details: { sign_in },
    })
    return withSessions ? await base.endSessions(tx, id, 'signed_out', actor) : []
  })
