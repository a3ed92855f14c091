import { sql } from 'kysely'
import type { Journal } from '../audit/record.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { type Jump, newAuthorityClock, type Reading } from './clock.ts'
import { endSessions } from './end.ts'
import { sqlEnds } from './standing.ts'

type Needs = { store: Store; journal: Journal; log: LoopLog }

const everyMs = 1_000
/** For how long it is shown that there was a jump. */
const shownMs = 600_000
/** Events are numbered a moment before they are committed: the newest may be older than another one. */
const disorderMs = 1_000

const reason = "The database's clock jumped: until when the session was meant to run is not known any more."

const readClock = async ({ db }: Store): Promise<Reading> => {
  const sentMs = performance.now()
  const { rows } = await sql<{ now: number }>`select extract(epoch from clock_timestamp())::float8 * 1000 as now`.execute(db)
  return { sentMs, heardMs: performance.now(), databaseMs: rows[0]?.now as number }
}

/** The newest event says when it was: while nobody looked, the clock may have been set back behind it. */
const findJumpBefore = async ({ db }: Store): Promise<Jump | undefined> => {
  const { rows } = await sql<{ by: number | null }>`
    select extract(epoch from clock_timestamp()
      - (select (body::json->>'occurred_at')::timestamptz from events order by n desc limit 1))::float8 * 1000 as by`.execute(db)
  const byMs = rows[0]?.by ?? 0
  return byMs < -disorderMs ? { byMs } : undefined
}

/** Ends what would run longer, or again, by a clock that jumped, support sessions and sign-ins alike; and puts it on the record. */
export const endByJump = ({ store, journal }: Needs, { byMs }: Jump): Promise<void> =>
  transaction(store, async (tx) => {
    // By the clock that is further back, so that nothing comes to life again when it is put right.
    const isOpen = sql<boolean>`r.session_id is null and ${sqlEnds} > clock_timestamp() - make_interval(secs => ${Math.max(byMs, 0) / 1000})`
    const sessions = await endSessions(tx, journal, { which: isOpen, kind: 'system', by: { kind: 'system', id: 'clock' }, reason })
    const signIns = await tx
      .updateTable('staff_sessions')
      .set({ ended_at: sql`clock_timestamp()`, ended_why: "the database's clock jumped" })
      .where('ended_at', 'is', null)
      .executeTakeFirst()
    await journal.record(tx, {
      action: 'CLOCK.JUMPED',
      result: 'ok',
      actor: { kind: 'system', id: 'clock' },
      details: { by_seconds: Math.round(byMs) / 1000, sessions: sessions.length, sign_ins: Number(signIns.numUpdatedRows) },
    })
  })

const sayJump = ({ byMs }: Jump): string => {
  const seconds = Math.round(Math.abs(byMs) / 1000)
  return `The database's clock jumped ${byMs < 0 ? 'back' : 'forward'} by ${seconds} s; what was running was ended.`
}

/** Looks every second whether the database's clock goes on as ours does. */
export const startClockWatch = (needs: Needs): Loop => {
  const clock = newAuthorityClock()
  let isFirst = true
  let toEnd: Jump | undefined
  let shown: { text: string; untilMs: number } | undefined
  return startLoop({
    name: 'clock',
    everyMs,
    pass: async () => {
      const before = isFirst ? await findJumpBefore(needs.store) : undefined
      isFirst = false
      toEnd = clock.read(await readClock(needs.store)) ?? before ?? toEnd
      if (toEnd) {
        await endByJump(needs, toEnd)
        shown = { text: sayJump(toEnd), untilMs: performance.now() + shownMs }
        toEnd = undefined
      }
      return { undone: shown && performance.now() < shown.untilMs ? shown.text : undefined }
    },
    log: needs.log,
  })
}
