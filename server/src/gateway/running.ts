import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { mayHave } from '../sessions/admit.ts'
import type { Look } from '../sessions/standing.ts'

/** Something under way in a session that can be ended at once. */
export type Run = {
  /** The roles that may have what it needs. */
  readonly roles: readonly Role[]
  cut(code: ErrorCode): void
}

type Session = { deadlineMs: number; timer: NodeJS.Timeout | undefined; runs: Set<Run> }

/** What runs in which session, and until when by our monotonic clock. */
export type Running = {
  /** Without a deadline it runs until something else ends it. */
  add(sessionId: string, run: Run, deadlineMs?: number): void
  remove(sessionId: string, run: Run): void
  /** Ends a session here for good: what runs, and what was admitted a moment ago and is about to. */
  end(sessionId: string, code?: ErrorCode): void
  hasEnded(sessionId: string): boolean
  /** What a look found: cuts what may not run on, and takes up until when the rest may. */
  heed(sessionId: string, look: Look): void
  cut(sessionId: string, code: ErrorCode): void
  cutAll(code: ErrorCode): void
  sessionIds(): string[]
  count(): number
}

const endedMaximum = 10_000

export const newRunning = (): Running => {
  const ended = new Set<string>()
  const sessions = new Map<string, Session>()
  const cut = (sessionId: string, code: ErrorCode): void => {
    for (const run of [...(sessions.get(sessionId)?.runs ?? [])]) run.cut(code)
  }
  const startTimer = (sessionId: string, deadlineMs: number): NodeJS.Timeout | undefined =>
    Number.isFinite(deadlineMs)
      ? setTimeout(() => cut(sessionId, 'session_expired'), Math.max(0, deadlineMs - performance.now()))
      : undefined
  /** The database's latest word on when the session ends; differences of a few milliseconds are its answer's way to us. */
  const follow = (sessionId: string, session: Session, deadlineMs: number): void => {
    if (Math.abs(deadlineMs - session.deadlineMs) <= 5) return
    clearTimeout(session.timer)
    session.deadlineMs = deadlineMs
    session.timer = startTimer(sessionId, deadlineMs)
  }
  return {
    add: (sessionId, run, deadlineMs = Infinity) => {
      const session = sessions.get(sessionId)
      if (!session) {
        sessions.set(sessionId, { deadlineMs, timer: startTimer(sessionId, deadlineMs), runs: new Set([run]) })
        return
      }
      session.runs.add(run)
      follow(sessionId, session, deadlineMs)
    },
    remove: (sessionId, run) => {
      const session = sessions.get(sessionId)
      if (!session?.runs.delete(run) || session.runs.size > 0) return
      clearTimeout(session.timer)
      sessions.delete(sessionId)
    },
    end: (sessionId, code = 'session_revoked') => {
      const oldest = ended.size >= endedMaximum ? ended.values().next().value : undefined
      if (oldest !== undefined) ended.delete(oldest)
      ended.add(sessionId)
      cut(sessionId, code)
    },
    hasEnded: (sessionId) => ended.has(sessionId),
    cut,
    heed: (sessionId, look) => {
      const session = sessions.get(sessionId)
      if (look.code) cut(sessionId, look.code)
      else if (session) {
        follow(sessionId, session, look.deadlineMs)
        for (const run of [...session.runs]) if (!mayHave(look.roles, run.roles)) run.cut('scope_missing')
      }
    },
    cutAll: (code) => {
      for (const sessionId of [...sessions.keys()]) cut(sessionId, code)
    },
    sessionIds: () => [...sessions.keys()],
    count: () => [...sessions.values()].reduce((sum, { runs }) => sum + runs.size, 0),
  }
}
