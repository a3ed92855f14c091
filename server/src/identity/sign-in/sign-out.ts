import type { EventRequest } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import type { Base } from '../../access/ctx.ts'
import { transact } from '../../access/transact.ts'
import { hashSecret } from '../secret.ts'

/** Ends the sign-in of a cookie's secret. One that is over already, or never was, is left as it is. */
export const signOut = async (base: Base, token: string, request: EventRequest): Promise<void> => {
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
    if (ended === undefined) return
    const { id: sign_in, staff_id: id, issuer, subject, email, name } = ended
    await base.journal.record(tx, {
      action: 'AUTH.SIGNED_OUT',
      result: 'ok',
      actor: { kind: 'staff', id, issuer, subject, email, name },
      target: { kind: 'staff', id, label: email },
      request,
      details: { sign_in },
    })
  })
}
