import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** The lock that gives revocations and admissions of one session their order; see hold_session() in the migrations. */
const key = (sessionId: string) => sql`hashtextextended(${sessionId}, 7301)`

/** Waits for the admissions under way, and keeps new ones from being made, until the caller's transaction ends. */
export const lockSession = async (tx: Kysely<Tables>, sessionId: string): Promise<void> => {
  await sql`select pg_advisory_xact_lock(${key(sessionId)})`.execute(tx)
}

/** Waits for revocations of these sessions that are under way to end one way or the other. */
export const awaitRevocations = async (db: Kysely<Tables>, sessionIds: readonly string[]): Promise<void> => {
  await sql`select pg_advisory_xact_lock_shared(hashtextextended(id, 7301)) from unnest(${[...sessionIds]}::text[]) as k (id)`.execute(db)
}
