import type { Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import { Refusal } from '../errors.ts'
import { type Principal, requireRole } from '../identity/principal.ts'
import type { Store } from '../store/open.ts'
import { selectSessions } from './row.ts'

/** One session, its status by the database's clock. */
export const getSession = async (needs: { store: Store }, principal: Principal, sessionId: string): Promise<Session> => {
  requireRole(principal, consoleRoles)
  const [found] = await selectSessions(needs.store.db, sql`s.id = ${sessionId}`)
  if (!found) throw new Refusal('not_found')
  return found.session
}
