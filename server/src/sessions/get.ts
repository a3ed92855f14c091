import type { Session } from '@countersign/contract/sessions.ts'
import { sessionReadRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { selectSessions } from './row.ts'

/** One session, its status by the database's clock. */
export const getSession = verb({
  name: 'see a session',
  may: sessionReadRoles,
  named: (sessionId: string) => ({ session_id: sessionId }),
  async run({ store }: Ctx<StaffPrincipal>, sessionId: string): Promise<Session> {
    const [found] = await selectSessions(store.db, sql`s.id = ${sessionId}`)
    if (!found) throw new Refusal('not_found')
    return found.session
  },
})
