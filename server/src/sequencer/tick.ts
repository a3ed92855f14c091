import type { NewEvent } from '@countersign/contract/events.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { type Edge, rootOfEdge } from '@countersign/log/tile.ts'
import { type Kysely, sql } from 'kysely'
import { type CheckedEvent, checkEvent, type EventRow, type Rejection } from '../audit/check-event.ts'
import { newJournal } from '../audit/record.ts'
import type { Keys } from '../keys.ts'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { createAppender } from './append.ts'
import { Stop } from './load-edge.ts'
import { readPending, settleGaps } from './pending.ts'

/** Events taken in one transaction: enough to be fast, few enough to be over in a fraction of the lease. */
export const tickLimit = 2048

export type TickNeeds = { store: Pick<Store, 'db'>; keys: Pick<Keys, 'event'>; origin: string }
export type Ticked = { edge: Edge; appended: number; rejected: number; more: boolean }

const isCopy = 'It is a copy of an event that is in the log.'
const none = new Set<string>()

/** The suspicion as it stands on the log. Nothing of the event itself is repeated: whoever wrote it chose the words. */
const suspicion = (origin: string, { n, why }: Rejection): NewEvent => ({
  action: 'LOG.TAMPER.SUSPECTED',
  result: 'error',
  actor: { kind: 'system', id: 'sequencer' },
  target: { kind: 'log', id: origin },
  note: 'A row among the events was not written by this program and was kept out of the log.',
  details: { n, why },
})

/** Keeps events out of the log for good, and says so on it, once. */
const rejectEvents = async (tx: Kysely<Tables>, { keys, origin }: TickNeeds, rejections: readonly Rejection[]): Promise<void> => {
  if (rejections.length === 0) return
  await tx
    .insertInto('log_rejected')
    .values(rejections.map(({ n, why }) => ({ n, why })))
    .execute()
  await newJournal(keys.event).recordAll(
    tx,
    rejections.map((rejection) => suspicion(origin, rejection)),
  )
}

/** Events judged, and sent to the database, at a time within a tick. */
const chunk = 512

/** Which of the events are in the log already, by their ids. Asked only where a copy is suspected: it costs a look-up each. */
const findKnown = async (tx: Kysely<Tables>, events: readonly CheckedEvent[]): Promise<Set<string>> => {
  const { rows } = await sql<{ event_id: string }>`
    select event_id from log_entries where event_id = any(${events.map(({ event }) => event.id)}::text[])`.execute(tx)
  return new Set(rows.map(({ event_id }) => event_id))
}

/** Genuine events, once each, and the others with the reason why they are kept out. A copied row has a valid HMAC. */
const judge = (key: Buffer, rows: readonly EventRow[], seen: Set<string>) => {
  const genuine: CheckedEvent[] = []
  const rejections: Rejection[] = []
  for (const row of rows) {
    const checked = checkEvent(key, row)
    if ('why' in checked) rejections.push(checked)
    else if (seen.has(checked.event.id)) rejections.push({ n: row.n, why: isCopy })
    else genuine.push(checked)
    if ('event' in checked) seen.add(checked.event.id)
  }
  return { genuine, rejections }
}

const isCopyInserted = (error: unknown): boolean =>
  (error as { code?: string }).code === '23505' && (error as { constraint?: string }).constraint === 'log_entries_event_id_key'

const readHead = async (tx: Kysely<Tables>): Promise<{ size: number; root: Buffer; high_n: string }> => {
  const row = await tx.selectFrom('log_sequencer').select(['size', 'root', 'high_n']).executeTakeFirstOrThrow()
  return { ...row, size: Number(row.size) }
}

const tickOnce = async (needs: TickNeeds, lease: Lease, edge: Edge, lookUpCopies: boolean): Promise<Ticked> =>
  await transaction(
    needs.store,
    async (tx) => {
      await holdLease(tx, lease)
      const row = await readHead(tx)
      if (row.size !== edge.size || !row.root.equals(rootOfEdge(sha256, edge))) {
        throw new Stop(`The database says that the log has ${row.size} entries, the tree has ${edge.size}; or their roots differ.`)
      }
      const pending = await readPending(tx, row.high_n, tickLimit)
      const rejections: Rejection[] = pending.strangers.map((n) => ({ n, why: 'Its number was never given out.' }))
      const appender = createAppender(tx, edge)
      const seen = new Set<string>()
      for (let at = 0; at < pending.rows.length; at += chunk) {
        const judged = judge(needs.keys.event, pending.rows.slice(at, at + chunk), seen)
        const known = lookUpCopies ? await findKnown(tx, judged.genuine) : none
        const copies = judged.genuine.filter(({ event }) => known.has(event.id))
        rejections.push(...judged.rejections, ...copies.map(({ n }) => ({ n, why: isCopy })))
        await appender.append(copies.length === 0 ? judged.genuine : judged.genuine.filter(({ event }) => !known.has(event.id)))
      }
      const next = await appender.done()
      await rejectEvents(tx, needs, rejections)
      await settleGaps(tx, pending)
      await tx
        .updateTable('log_sequencer')
        .set({ size: next.size, root: Buffer.from(rootOfEdge(sha256, next)), high_n: pending.highN })
        .execute()
      const appended = next.size - edge.size
      return { edge: next, appended, rejected: rejections.length, more: pending.more || rejections.length > 0 }
    },
    { isolation: 'repeatable read' },
  )

/** One step of the sequencer: everything in one transaction that holds the lease, or nothing. */
export const tick = async (needs: TickNeeds, lease: Lease, edge: Edge): Promise<Ticked> => {
  try {
    return await tickOnce(needs, lease, edge, false)
  } catch (error) {
    if (!isCopyInserted(error)) throw error
    return await tickOnce(needs, lease, edge, true)
  }
}
