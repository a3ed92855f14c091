import { Refusal } from '../errors.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import type { Passable } from './admit.ts'
import type { Why } from './ending.ts'
import type { Exchange } from './exchange.ts'
import type { ForwardNeeds } from './forward.ts'
import type { Run, Running } from './running.ts'

/** An admitted request on its way to the product and back. */
export type UnderWay = Run & {
  /** Settled when it is over. */
  readonly done: Promise<void>
  start(): void
  stop(why: Why): void
}

export type Lists = {
  running: Running
  /** The same of the view that a request came from. When its session ends is not asked here: that may move. */
  views: Running
  /** Streams under way: they are cut before anything else is waited for. */
  streams: Set<Run>
}
type Place = { exchange: Exchange; sessionId: string }

/**
 * Puts a request among those that can be cut. Returns why it ends at once: between its admission and now, the caller may have left or the
 * session ended.
 */
export const enlist = (
  { running, views, streams }: Lists,
  { exchange, sessionId, deadlineMs, isStream }: Place & { deadlineMs: number; isStream: boolean },
  run: Run,
): Why | undefined => {
  const { response, view_id } = exchange
  running.add(sessionId, run, deadlineMs)
  if (isStream) streams.add(run)
  if (view_id !== undefined) views.add(view_id, run)
  if (response.destroyed) return 'client_abort'
  if (performance.now() >= deadlineMs) return new Refusal('session_expired')
  if (running.hasEnded(sessionId)) return new Refusal('session_revoked')
  if (view_id !== undefined && views.hasEnded(view_id)) return new Refusal('view_closed')
  return undefined
}

export const strike = ({ running, views, streams }: Lists, { exchange, sessionId }: Place, run: Run): void => {
  running.remove(sessionId, run)
  streams.delete(run)
  if (exchange.view_id !== undefined) views.remove(exchange.view_id, run)
}

type Kind = new (needs: ForwardNeeds, exchange: Exchange, facts: SessionFacts, admitted: Passable) => UnderWay

/** Takes an admitted request to its end, whichever it is: an admission has its outcome whatever goes wrong on our side. */
export const newBegin =
  (Kind: Kind) =>
  (needs: ForwardNeeds, exchange: Exchange, admitted: Passable): Promise<void> => {
    const { facts } = exchange
    if (!facts) throw new Error('the request was not admitted')
    const passing = new Kind(needs, exchange, facts, admitted)
    try {
      passing.start()
    } catch (cause) {
      passing.stop(new Refusal('internal', { cause }))
    }
    return passing.done
  }
