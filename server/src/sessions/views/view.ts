import { createHash, randomBytes } from 'node:crypto'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { defaultUpstream, type View } from '@countersign/contract/views.ts'
import { type Kysely, sql } from 'kysely'
import type { Ctx } from '../../access/ctx.ts'
import { type Denied, deny } from '../../access/deny.ts'
import { actorOf, type StaffPrincipal } from '../../access/principal.ts'
import { Refusal } from '../../errors.ts'
import type { Labels } from '../../labels.ts'
import type { Tables } from '../../store/tables.ts'
import { committedTo, type Digests } from '../digests.ts'
import { endedTarget } from '../event-names.ts'
import { codeOf, sqlJudged, sqlStanding } from '../standing.ts'

/** How views are offered here. */
export type Views = {
  labels: Labels
  /** Names of the upstreams besides the default one. */
  upstreams: readonly string[]
}

export type ViewCtx = Ctx<StaffPrincipal> & {
  views: Views | undefined
  /** Told after the commit, so that what runs in them in this process is cut at once; other replicas look themselves. */
  onViewsClosed: (viewIds: readonly string[]) => void
}

export const mayView = consoleRoles

export const requireOffered = ({ views }: Pick<ViewCtx, 'views'>): Views => {
  if (!views) throw new Refusal('view_not_offered')
  return views
}

export const originsOf = ({ labels, upstreams }: Views, label: string): View['origins'] =>
  [defaultUpstream, ...upstreams].map((upstream) => ({ upstream, origin: labels.originOf({ label, upstream }) }))

/** A secret of 256 bits: only its hash is kept. */
export const newSecret = (prefix: string): { text: string; hash: Buffer } => {
  const text = prefix + randomBytes(32).toString('base64url')
  return { text, hash: hashOf(text) }
}
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()

export type ViewedSession = { id: string; tenant_id: string; target_user_id: string | null; staff_id: string; digests: Digests }

/** What events of views say of their session. */
export const aboutView = (session: ViewedSession) => ({
  tenant_id: session.tenant_id,
  session_id: session.id,
  target: endedTarget(session),
  ticket: committedTo(session.digests, 'ticket'),
})

const denyView = (principal: StaffPrincipal, { id, tenant_id }: ViewedSession, refusal: Refusal): Denied =>
  deny(refusal, { action: 'ACCESS.DENIED', actor: actorOf(principal), tenant_id, session_id: id, target: { kind: 'session', id } })

/** A session that may be used now, by whoever opened it and nobody else. */
export const requireOwnSession = async (db: Kysely<Tables>, principal: StaffPrincipal, sessionId: string): Promise<ViewedSession> => {
  const { rows } = await sql<ViewedSession & { standing: Parameters<typeof codeOf>[0] }>`
    select s.id, s.tenant_id, s.target_user_id, s.staff_id, s.digests, ${sqlStanding} as standing
    from ${sqlJudged} where s.id = ${sessionId}`.execute(db)
  const session = rows[0]
  if (!session) throw new Refusal('not_found')
  if (session.staff_id !== principal.id) throw denyView(principal, session, new Refusal('session_of_another'))
  const code = codeOf(session.standing)
  if (code !== undefined) throw denyView(principal, session, new Refusal(code))
  return session
}
