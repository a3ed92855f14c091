import { type Kysely, sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { closeOpen, type Intent } from '../access/intent.ts'
import { awaitCaughtUp } from '../audit/caught-up.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { closeFiles } from './unknown-files.ts'

/*
 * Every admission has an outcome, also where the program ended before it knew it (I2): it is then noted as unknown.
 *
 * Who may say that nobody will record the outcome any more?
 *
 *   1. An instance that has its database to itself, of what was admitted before it began: whoever admitted that is dead. It
 *      holds the lock of the data folder. A statement that outlived its program is ended by the database within two seconds.
 *   2. Any instance, of a session that has been over for a minute: requests are cut when their session ends, on whichever
 *      instance they run. A row in session_outcomes is claimed, so that one instance does it once.
 *
 * In both cases an outcome may be recorded and not yet in the log. So nothing is judged before the log has everything that
 * was committed when the look began. An instance that could not reach the database may still come with what it knows: the
 * log then says first that the outcome was unknown, and later what it was.
 */

const sessionsMaximum = 100
/** Longer than a statement may take. */
const afterlifeMs = 3_000

const request: Intent<'SUPPORT_SESSION.REQUEST.ADMITTED'> = {
  begun: 'SUPPORT_SESSION.REQUEST.ADMITTED',
  ended: ['SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.REQUEST.FAILED', 'SUPPORT_SESSION.REQUEST.CUT'],
  unknown: ({ actor, tenant_id, target, session_id, ticket, request: asked, id }) => ({
    action: 'SUPPORT_SESSION.REQUEST.FAILED',
    result: 'error',
    actor,
    tenant_id,
    target,
    session_id,
    ticket,
    request: asked,
    code: 'outcome_unknown',
    note: 'The program ended before the outcome was recorded: the product may or may not have carried it out.',
    details: { admission: id },
  }),
}

/** What was admitted in these sessions, before this instant if there is one, and has no outcome in the log. */
const closeRequests = async (tx: Kysely<Tables>, base: Base, sessionIds: readonly string[], before: string | null): Promise<number> =>
  await closeOpen(tx, base, request, (entries) => {
    const column = (name: string) => sql.ref(`${entries}.${name}`)
    const ofSessions = sql`${column('session_id')} = any(${sessionIds}::text[])`
    return entries === 'begun' && before !== null ? sql`${ofSessions} and ${column('occurred_at')} < ${before}::timestamptz` : ofSessions
  })

/** Notes what nobody knows of requests and of files. */
const closeAll = async (tx: Kysely<Tables>, base: Base, sessionIds: readonly string[], before: string | null): Promise<number> =>
  (await closeRequests(tx, base, sessionIds, before)) + (await closeFiles(tx, base, sessionIds, before))

/** Notes what an earlier run of the only instance left open in sessions that may still run. `before` is when this one began. */
export const noteLeftOpen = async (base: Base, before: string): Promise<number> =>
  await transaction(base.store, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select id from support_sessions
      where expires_at > ${before}::timestamptz - interval '2 minutes' and issued_at < ${before}::timestamptz`.execute(tx)
    return await closeAll(
      tx,
      base,
      rows.map(({ id }) => id),
      before,
    )
  })

/** Notes what is open in sessions that have been over for a minute, each session once. `everything` looks back further than a day. */
export const noteUnknownOutcomes = async (base: Base, everything = true): Promise<number> => {
  let noted = 0
  for (;;) {
    const { sessions, open } = await transaction(base.store, async (tx) => {
      const { rows } = await sql<{ id: string }>`
        insert into session_outcomes (session_id)
        select s.id from support_sessions s
        where s.expires_at < clock_timestamp() - interval '1 minute'
          and (${everything} or s.expires_at > clock_timestamp() - interval '1 day')
          and not exists (select from session_outcomes o where o.session_id = s.id)
        order by s.expires_at limit ${sessionsMaximum}
        on conflict (session_id) do nothing
        returning session_id as id`.execute(tx)
      const ids = rows.map(({ id }) => id)
      return { sessions: ids.length, open: await closeAll(tx, base, ids, null) }
    })
    noted += open
    if (sessions < sessionsMaximum) return noted
  }
}

/**
 * Sees to it that every admission gets its outcome, until it is stopped. `alone` says that no other instance uses this
 * database; then what an earlier run left open is noted at once.
 */
export const startOutcomes = async (
  needs: Base & { log: LoopLog; alone: boolean },
  { everyMs = 20_000, firstMs = afterlifeMs } = {},
): Promise<Loop> => {
  const { store, log } = needs
  const { rows } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(store.db)
  const began = (rows[0] as { now: string }).now
  let leftOpen = needs.alone
  /** False where the database could not be asked: what waited for it to come back is given time to be recorded. */
  let steady = true
  let looks = 0

  /** What one look noted, the next finds in the log. */
  const look = async (signal: AbortSignal): Promise<{ nextMs: number } | undefined> => {
    if (!(await awaitCaughtUp(store, signal))) return undefined
    if (!steady) {
      steady = true
      return { nextMs: afterlifeMs }
    }
    const noted = leftOpen ? await noteLeftOpen(needs, began) : await noteUnknownOutcomes(needs, looks++ % 1_000 === 0)
    if (noted > 0) log.info({ noted }, 'requests whose outcome nobody recorded were noted as unknown')
    const again = leftOpen ? { nextMs: 0 } : undefined
    leftOpen = false
    return again
  }
  return startLoop({
    name: 'outcomes',
    everyMs,
    firstMs,
    retry: { firstMs: afterlifeMs, longestMs: afterlifeMs },
    pass: (signal) =>
      look(signal).catch((error) => {
        steady = false
        throw error
      }),
    log,
  })
}
