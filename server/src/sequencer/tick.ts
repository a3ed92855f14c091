import { sha256 } from '@countersign/log/sha256-node.ts'
import { type Edge, rootOfEdge } from '@countersign/log/tile.ts'
import type { Kysely } from 'kysely'
import { type CheckedEvent, checkEvent, type Rejection } from '../audit/check-event.ts'
import { newJournal } from '../audit/record.ts'
import type { Keys } from '../keys.ts'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { createAppender } from './append.ts'
import { Stop } from './load-edge.ts'
import { findKnown } from './patrol.ts'
import { type PendingRow, readPending, settleGaps } from './pending.ts'
import { type Suspicion, suspect } from './suspicion.ts'
import { marksOf, type TallyMark } from './tallies.ts'

/** Events taken in one transaction: enough to be fast, few enough to be over in a fraction of the lease. */
export const tickLimit = 2048

export type TickNeeds = { store: Pick<Store, 'db'>; keys: Pick<Keys, 'event'>; origin: string }
/** How far the log is: its tree, and the mark up to which events were taken. */
export type Head = { edge: Edge; highN: string }
export type Ticked = Head & { appended: number; rejected: number; more: boolean; marks: TallyMark[] }

const isCopy = 'It is a copy of an event that is in the log.'
const none = new Set<string>()

/** Keeps events out of the log for good. */
const rejectEvents = async (tx: Kysely<Tables>, rejections: readonly Rejection[]): Promise<void> => {
  if (rejections.length === 0) return
  await tx
    .insertInto('log_rejected')
    .values(rejections.map(({ n, why }) => ({ n, why })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Says on the log what was kept out of it, and what somebody wanted to be kept out. */
const tellSuspicions = async (
  tx: Kysely<Tables>,
  { keys, origin }: TickNeeds,
  { rejections, cleared }: { rejections: readonly Rejection[]; cleared: readonly Suspicion[] },
): Promise<void> => {
  await newJournal(keys.event).recordAll(tx, [
    ...rejections.map((rejection) => suspect(origin, 'kept_out', rejection)),
    ...cleared.map((row) => suspect(origin, 'passed_over', row)),
  ])
}

/** Events judged, and sent to the database, at a time within a tick. */
const chunk = 512

/** Genuine events, once each, and the others with the reason why they are kept out. A copied row has a valid HMAC. */
const judge = (key: Buffer, rows: readonly PendingRow[], seen: Set<string>) => {
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

const tickOnce = async (needs: TickNeeds, lease: Lease, { edge, highN }: Head, lookUpCopies: boolean): Promise<Ticked> =>
  await transaction(
    needs.store,
    async (tx) => {
      await holdLease(tx, lease)
      const row = await readHead(tx)
      if (row.size !== edge.size || !row.root.equals(rootOfEdge(sha256, edge))) {
        throw new Stop(`The database says that the log has ${row.size} entries, the tree has ${edge.size}; or their roots differ.`)
      }
      if (row.high_n !== highN) throw new Stop(`The mark up to which events were taken was moved from ${highN} to ${row.high_n}.`)
      const pending = await readPending(tx, highN, tickLimit)
      const rejections: Rejection[] = pending.strangers.map((n) => ({ n, why: 'Its number was never given out.' }))
      const appender = createAppender(tx, edge)
      const seen = new Set<string>()
      const marks: TallyMark[] = []
      let taken = edge.size
      for (let at = 0; at < pending.rows.length; at += chunk) {
        const judged = judge(needs.keys.event, pending.rows.slice(at, at + chunk), seen)
        // Costs a look-up each: only where a copy is suspected.
        const known = lookUpCopies ? await findKnown(tx, judged.genuine) : none
        const copies = judged.genuine.filter(({ event }) => known.has(event.id))
        rejections.push(...judged.rejections, ...copies.map(({ n }) => ({ n, why: isCopy })))
        const genuine = copies.length === 0 ? judged.genuine : judged.genuine.filter(({ event }) => !known.has(event.id))
        await appender.append(genuine)
        marks.push(...marksOf(taken, genuine))
        taken += genuine.length
      }
      const next = await appender.done()
      await rejectEvents(tx, rejections)
      const keptOut = rejections.map(({ n }) => n)
      const why = 'It stood among the rejected, and is genuine.'
      const cleared = pending.rows.filter(({ n, rejected }) => rejected && !keptOut.includes(n)).map(({ n }) => ({ n, why }))
      await tellSuspicions(tx, needs, { rejections, cleared })
      await settleGaps(tx, pending, keptOut)
      await tx
        .updateTable('log_sequencer')
        .set({ size: next.size, root: Buffer.from(rootOfEdge(sha256, next)), high_n: pending.highN })
        .execute()
      const appended = next.size - edge.size
      const more = pending.more || rejections.length + cleared.length > 0
      return { edge: next, highN: pending.highN, appended, rejected: rejections.length, more, marks }
    },
    { isolation: 'repeatable read' },
  )

/** One step of the sequencer: everything in one transaction that holds the lease, or nothing. */
export const tick = async (needs: TickNeeds, lease: Lease, head: Head): Promise<Ticked> => {
  try {
    return await tickOnce(needs, lease, head, false)
  } catch (error) {
    if (!isCopyInserted(error)) throw error
    return await tickOnce(needs, lease, head, true)
  }
}
