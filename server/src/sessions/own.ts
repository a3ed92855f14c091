import { type Kysely, sql } from 'kysely'
import { type Denied, deny } from '../access/deny.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { committedTo, type Digests } from './digests.ts'
import { endedTarget } from './event-names.ts'
import { codeOf, sqlJudged, sqlStanding } from './standing.ts'

export type OwnSession = { id: string; tenant_id: string; target_user_id: string | null; staff_id: string; digests: Digests }

/** What events say of their session. */
export const aboutSession = (session: Pick<OwnSession, 'id' | 'tenant_id' | 'target_user_id' | 'digests'>) => ({
  tenant_id: session.tenant_id,
  session_id: session.id,
  target: endedTarget(session),
  ticket: committedTo(session.digests, 'ticket'),
})

const denyUse = (principal: StaffPrincipal, { id, tenant_id }: OwnSession, refusal: Refusal): Denied =>
  deny(refusal, { action: 'ACCESS.DENIED', actor: actorOf(principal), tenant_id, session_id: id, target: { kind: 'session', id } })

/** A session of whoever opened it and nobody else, which may be over. */
export const requireOpener = async (
  db: Kysely<Tables>,
  principal: StaffPrincipal,
  sessionId: string,
): Promise<OwnSession & { standing: Parameters<typeof codeOf>[0] }> => {
  const { rows } = await sql<OwnSession & { standing: Parameters<typeof codeOf>[0] }>`
    select s.id, s.tenant_id, s.target_user_id, s.staff_id, s.digests, ${sqlStanding} as standing
    from ${sqlJudged} where s.id = ${sessionId}`.execute(db)
  const session = rows[0]
  if (!session) throw new Refusal('not_found')
  if (session.staff_id !== principal.id) throw denyUse(principal, session, new Refusal('session_of_another'))
  return session
}

/** The same, of one that may be used now. */
export const requireOwnSession = async (db: Kysely<Tables>, principal: StaffPrincipal, sessionId: string): Promise<OwnSession> => {
  const session = await requireOpener(db, principal, sessionId)
  const code = codeOf(session.standing)
  if (code !== undefined) throw denyUse(principal, session, new Refusal(code))
  return session
}
