import type { Event } from '@countersign/contract/events.ts'
import { isCanonical } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { hashLeaf } from '@countersign/log/tree.ts'
import type { Finding } from '@countersign/log/verifier.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { hasMac } from './check-event.ts'
import { type EntryColumns, entryColumnNames, entryColumns } from './entry-columns.ts'

export type EntryRow = EntryColumns & { log_index: string; event_n: string; leaf_hash: Buffer; body: string | null; mac: Buffer | null }

const batch = 5000

/** Entries from an index on, with their events, in order: at most 5,000. */
export const readEntryRows = async (tx: Kysely<Tables>, from: number): Promise<EntryRow[]> => {
  const { rows } = await sql<EntryRow>`
    select l.log_index, l.event_n, l.leaf_hash, l.event_id, l.action, l.category, l.result, l.actor_id, l.tenant_id, l.target_kind,
           l.target_id, l.session_id, l.request_id,
           to_char(l.occurred_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at, e.body, e.mac
    from log_entries l left join events e on e.n = l.event_n
    where l.log_index >= ${from} order by l.log_index limit ${batch}`.execute(tx)
  return rows
}

const changedColumns = (row: EntryRow, event: Event): string[] => {
  const expected = entryColumns(event)
  return entryColumnNames.filter((name) => row[name] !== expected[name])
}

/** What is wrong with an entry, or with its event. */
type Fault = { reason: string; code: Finding['code'] }
export type CheckedRow = { leaf: Uint8Array; event?: Event | undefined; fault?: Fault | undefined }

const parse = (body: string): Event | undefined => {
  try {
    return JSON.parse(body) as Event
  } catch {
    return undefined
  }
}

const findFault = (row: EntryRow, bytes: Buffer, { leaf, event }: CheckedRow, eventKey: Buffer | undefined): Fault | undefined => {
  const { body, mac, leaf_hash, event_n } = row
  if (body === null || mac === null) return { code: 'entries_missing', reason: `Its event (number ${event_n}) was deleted.` }
  if (eventKey && !hasMac(eventKey, { body, mac }))
    return { code: 'entry_mismatch', reason: 'It was not written by this program: its HMAC is wrong.' }
  if (event === undefined || !isCanonical(bytes)) return { code: 'not_canonical', reason: 'It is not a JSON value in canonical form.' }
  if (!leaf_hash.equals(leaf)) return { code: 'entry_mismatch', reason: 'The hash that is stored with it is not that of its event.' }
  const changed = changedColumns(row, event)
  if (changed.length === 0) return undefined
  return { code: 'entry_mismatch', reason: `What queries see of it differs from the event: ${changed.join(', ')}.` }
}

/** One entry as it lies in the tables: the leaf that its event has, and what is wrong with it besides its place in the tree. */
export const checkEntryRow = (row: EntryRow, eventKey: Buffer | undefined): CheckedRow => {
  const bytes = Buffer.from(row.body ?? '')
  const checked = row.body === null ? { leaf: row.leaf_hash } : { leaf: hashLeaf(sha256, bytes), event: parse(row.body) }
  return { ...checked, fault: findFault(row, bytes, checked, eventKey) }
}
