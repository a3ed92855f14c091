import type { Actor } from '@countersign/contract/events.ts'
import type { Revoker } from '@countersign/contract/sessions.ts'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** Ends the support sessions that a staff member has open, in the transaction of what ends them; answers which. */
export type EndSessions = (
  tx: Kysely<Tables>,
  staffId: string,
  why: Extract<Revoker, 'frozen' | 'role_lost' | 'signed_out'>,
  by: Actor,
) => Promise<string[]>
