import type pg from 'pg'
import { Refusal } from '../errors.ts'

/** Where something is added as people, tenants and products work: whoever may not add there cannot serve. */
const addedTo = [
  'events',
  'disclosures',
  'log_entries',
  'log_checkpoints',
  'support_sessions',
  'session_revocations',
  'staff_sessions',
  'sign_in_flows',
]

type Row = { writable: boolean; closed: string[]; may_number: boolean; is_set_back: boolean }

/** Throws `store_unavailable` unless the primary answers, and every kind of work could be recorded there. */
export const requireAnswering = async (pool: Pick<pg.Pool, 'query'>): Promise<void> => {
  const { rows } = await pool.query<Row>(
    `select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable,
       array(select name from unnest($1::text[]) as name where not has_table_privilege(name, 'insert')) as closed,
       has_sequence_privilege('events_n', 'usage') as may_number,
       coalesce(pg_sequence_last_value('events_n'::regclass), 0) < (select coalesce(max(n), 0) from events) as is_set_back`,
    [addedTo],
  )
  const [row] = rows
  const refuse = (detail: string): never => {
    throw new Refusal('store_unavailable', { detail })
  }
  if (row?.writable !== true) refuse('The database takes no writes.')
  if (row && row.closed.length > 0) refuse(`The program may not record: INSERT on ${row.closed.join(', ')} was taken from it.`)
  if (row && !row.may_number) refuse('The program may not record: USAGE on the sequence events_n was taken from it.')
  if (row?.is_set_back) refuse('Nothing can be recorded: the sequence events_n was set back below the newest event.')
}
