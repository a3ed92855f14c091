import { AddTicket, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { parse } from '../access/parse.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { committedTo, type Digests } from './digests.ts'
import { lockSession } from './order.ts'
import { aboutSession, requireOpener } from './own.ts'
import { selectSessions } from './row.ts'

type Input = { session_id: string } & z.input<typeof AddTicket>

/** The opener as the session's events have them, so that the ticket is the one value that lies beside the session anew. */
const openerOf = (principal: StaffPrincipal, digests: Digests) => {
  const { kind, id, issuer, subject, email, name } = principal
  return {
    ...{ kind, id, issuer, subject },
    email: committedTo(digests, 'actor.email') ?? email,
    name: committedTo(digests, 'actor.name') ?? name,
  }
}

/** Names the ticket of a session of one's own that was opened without one, whether it still runs or not. It is named once. */
export const addTicket = verb({
  name: 'add a ticket to a session',
  may: consoleRoles,
  named: ({ session_id }: Input) => ({ session_id }),
  parse: ({ session_id, ...rest }: Input) => ({ session_id, ...parse(AddTicket, rest) }),
  run: async (ctx: Ctx<StaffPrincipal>, { session_id, ticket }): Promise<Session> =>
    await transact(ctx, async (tx) => {
      const { principal, journal } = ctx
      await lockSession(tx, session_id)
      const session = await requireOpener(tx, principal, session_id)
      if (session.digests.ticket !== undefined) throw new Refusal('conflict', { detail: 'The session has a ticket already.' })
      const actor = session.digests['actor.email'] === undefined ? actorOf(principal) : openerOf(principal, session.digests)
      const event = journal.draft(
        { action: 'SUPPORT_SESSION.TICKET_ADDED', result: 'ok', actor, ...aboutSession(session), ticket },
        session_id,
      )
      await sql`
        insert into session_tickets (session_id, ticket_digest, event_id)
        values (${session_id}, ${event.digests.ticket}, ${event.id})`.execute(tx)
      await journal.write(tx, [event])
      const [found] = await selectSessions(tx, sql`s.id = ${session_id}`)
      if (!found) throw new Error('a session that was found is not there')
      return found.session
    }),
})
