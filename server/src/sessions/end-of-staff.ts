import { sql } from 'kysely'
import type { Journal } from '../audit/record.ts'
import type { EndSessions } from '../identity/end-sessions.ts'
import { endSessions } from './end.ts'
import { sqlActive } from './standing.ts'

const reasons = {
  frozen: 'The staff member who opened it was disabled.',
  role_lost: 'The staff member who opened it lost the role that sessions need.',
  signed_out: 'The staff member who opened it signed out.',
} as const

/** Revokes what a staff member has open: those that still run, by the database's clock. */
export const endSessionsOfStaff =
  (journal: Journal): EndSessions =>
  (tx, staffId, why, by) =>
    endSessions(tx, journal, { which: sql<boolean>`s.staff_id = ${staffId} and ${sqlActive}`, kind: why, by, reason: reasons[why] })
