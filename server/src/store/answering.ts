import type pg from 'pg'
import { Refusal } from '../errors.ts'
import { missingRights, readRights } from './rights.ts'

const rights = JSON.stringify(readRights())
const namedAtMost = 5

const refuse = (detail: string): never => {
  throw new Refusal('store_unavailable', { detail })
}

/** Throws `store_unavailable` unless the primary answers, and every kind of work could be done and recorded there. */
export const requireAnswering = async (pool: Pick<pg.Pool, 'query'>): Promise<void> => {
  const { rows: states } = await pool.query<{ writable: boolean; missing: string[] }>(
    `select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable, array(${missingRights}) as missing`,
    [rights],
  )
  const { writable = false, missing = [] } = states[0] ?? {}
  if (!writable) refuse('The database takes no writes.')
  if (missing.length > 0) {
    const others = missing.length - namedAtMost
    const names = `${missing.slice(0, namedAtMost).join(', ')}${others > 0 ? `, and ${others} others` : ''}`
    refuse(`The program may not do all of its work: these rights were taken from it: ${names}.`)
  }
  const { rows } = await pool.query<{ is_set_back: boolean }>(
    `select coalesce(pg_sequence_last_value('events_n'::regclass), 0) < (select coalesce(max(n), 0) from events) as is_set_back`,
  )
  if (rows[0]?.is_set_back) refuse('Nothing can be recorded: the sequence events_n was set back below the newest event.')
}
