import type { EventOf, LoggedEvent } from '@countersign/contract/events.ts'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

export type Erasure = EventOf<'PERSONAL_DATA.ERASED'> & { log_index: number }

/** The erasures on the log, oldest first: those that the role which asks is shown. */
export const readErasures = async (db: Kysely<Tables>): Promise<Erasure[]> => {
  const rows = await db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select(['entry.log_index', 'event.body'])
    .where('entry.action', '=', 'PERSONAL_DATA.ERASED')
    .orderBy('entry.log_index')
    .execute()
  return rows.map(({ log_index, body }) => ({ ...(JSON.parse(body) as EventOf<'PERSONAL_DATA.ERASED'>), log_index: Number(log_index) }))
}

/** The newest erasure that may have taken these members from an event: of the same tenant, or of none as the event. */
export const findErasure = (
  erasures: readonly Erasure[],
  event: { tenant_id?: unknown },
  members: readonly string[],
): LoggedEvent['erasure'] => {
  const found = erasures.findLast(
    ({ tenant_id, details }) => tenant_id === event.tenant_id && members.some((member) => member in details.members),
  )
  return found && { event_id: found.id, at: found.occurred_at, by: found.actor.id }
}
