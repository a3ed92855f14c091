import { randomUUID } from 'node:crypto'
import { type SqlBool, sql } from 'kysely'
import { Refusal } from '../errors.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import { claimSeconds, LostClaim, type PrepareNeeds, prepareExport } from './prepare.ts'
import { type ExportRow, findExports } from './row.ts'

/** A small one need not wait for a large one. */
const atOnce = 2
const sweepMs = 60_000

type Needs = PrepareNeeds & { log: LoopLog }

/** Takes one that waits, the shortest first as far as that is known; or one whose process fell silent. */
const claimNext = async ({ store: { db } }: Needs, holder: string): Promise<ExportRow | undefined> => {
  const { rows } = await sql<{ id: string }>`
    update exports set claim = ${holder}, claimed_until = clock_timestamp() + make_interval(secs => ${claimSeconds})
    where id = (
      select id from exports
      where ready_at is null and failed is null and expires_at > clock_timestamp()
        and (claimed_until is null or claimed_until <= clock_timestamp())
      order by rows_expected nulls first, asked_at limit 1 for update skip locked)
    returning id`.execute(db)
  return rows[0] && (await findExports(db, sql<SqlBool>`e.id = ${rows[0].id}`))[0]
}

/** Not our doing: it is taken up again, here or elsewhere. */
const letGo = async ({ store: { db } }: Needs, id: string, holder: string): Promise<void> =>
  void (await db
    .updateTable('exports')
    .set({ claim: null, claimed_until: null })
    .where('id', '=', id)
    .where('claim', '=', holder)
    .execute())

const fail = async ({ store: { db } }: Needs, id: string, code: ExportRow['failed']): Promise<void> =>
  void (await db.updateTable('exports').set({ failed: code }).where('id', '=', id).execute())

/** Prepares one after another until none waits. */
const work = async (needs: Needs, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const holder = randomUUID()
    const row = await claimNext(needs, holder)
    if (!row) return
    try {
      await prepareExport(needs, row, holder, signal)
    } catch (error) {
      if (error instanceof LostClaim) continue
      const isPassing = signal.aborted || (error instanceof Refusal && error.status >= 500)
      if (isPassing) await letGo(needs, row.id, holder).catch(() => {})
      if (signal.aborted) return
      if (isPassing) throw error
      needs.log.warn({ export: row.id, err: error }, 'an export could not be prepared')
      await fail(needs, row.id, error instanceof Refusal && error.code === 'export_changed' ? 'export_changed' : 'internal')
    }
  }
}

/** Deletes exports whose day is over, with all that is kept of them. */
export const deleteExpired = async ({ store: { db } }: Pick<Needs, 'store'>): Promise<void> =>
  void (await sql`delete from exports where expires_at <= clock_timestamp()`.execute(db))

/** Prepares exports and deletes old ones until it is stopped. */
export const startExports = (needs: Needs, { everyMs = 2_000 } = {}): Loop => {
  let sweptMs = Number.NEGATIVE_INFINITY
  return startLoop({
    name: 'exports',
    everyMs,
    log: needs.log,
    pass: async (signal) => {
      await Promise.all(Array.from({ length: atOnce }, () => work(needs, signal)))
      if (performance.now() - sweptMs < sweepMs) return
      await deleteExpired(needs)
      sweptMs = performance.now()
    },
  })
}
