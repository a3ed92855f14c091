import type { EventOf } from '@countersign/contract/events.ts'
import { type Kysely, sql } from 'kysely'
import { awaitCaughtUp } from '../audit/caught-up.ts'
import type { Journal } from '../audit/record.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'

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

type Needs = { store: Store; journal: Journal }

const sessionsMaximum = 100
/** Longer than a statement may take. */
const afterlifeMs = 3_000

type Admission = EventOf<'SUPPORT_SESSION.REQUEST.ADMITTED'>

/** What was admitted in these sessions, before this instant if there is one, and has no outcome in the log. */
const readOpen = async (tx: Kysely<Tables>, sessionIds: readonly string[], before: string | null): Promise<Admission[]> => {
  const { rows } = await sql<{ body: string }>`
    select e.body from log_entries a join events e on e.n = a.event_n
    where a.session_id = any(${sessionIds}::text[]) and a.action = 'SUPPORT_SESSION.REQUEST.ADMITTED'
      and (${before}::timestamptz is null or a.occurred_at < ${before}::timestamptz)
      and not exists (
        select from log_entries o
        where o.session_id = any(${sessionIds}::text[]) and o.session_id = a.session_id and o.request_id = a.request_id
          and o.action in ('SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.REQUEST.FAILED', 'SUPPORT_SESSION.REQUEST.CUT')
      )
    order by a.log_index`.execute(tx)
  return rows.map(({ body }) => JSON.parse(body) as Admission)
}

const recordUnknown = async (tx: Kysely<Tables>, journal: Journal, open: readonly Admission[]): Promise<void> => {
  if (open.length === 0) return
  await journal.recordAll(
    tx,
    open.map(({ actor, tenant_id, target, session_id, ticket, request, id }) => ({
      action: 'SUPPORT_SESSION.REQUEST.FAILED',
      result: 'error',
      actor,
      tenant_id,
      target,
      session_id,
      ticket,
      request,
      code: 'outcome_unknown',
      note: 'The program ended before the outcome was recorded: the product may or may not have carried it out.',
      details: { admission: id },
    })),
  )
}

/** Notes what an earlier run of the only instance left open in sessions that may still run. `before` is when this one began. */
export const noteLeftOpen = async ({ store, journal }: Needs, before: string): Promise<number> =>
  transaction(store, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select id from support_sessions
      where expires_at > ${before}::timestamptz - interval '2 minutes' and issued_at < ${before}::timestamptz`.execute(tx)
    const open = await readOpen(
      tx,
      rows.map(({ id }) => id),
      before,
    )
    await recordUnknown(tx, journal, open)
    return open.length
  })

/** Notes what is open in sessions that have been over for a minute, each session once. `everything` looks back further than a day. */
export const noteUnknownOutcomes = async ({ store, journal }: Needs, everything = true): Promise<number> => {
  let noted = 0
  for (;;) {
    const { sessions, open } = await transaction(store, async (tx) => {
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
      const found = ids.length === 0 ? [] : await readOpen(tx, ids, null)
      await recordUnknown(tx, journal, found)
      return { sessions: ids.length, open: found.length }
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
  needs: Needs & { log: LoopLog; alone: boolean },
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
