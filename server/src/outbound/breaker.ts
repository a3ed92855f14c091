import { CallFailure, type FailureKind, failurePhrases } from './failure.ts'

/** How somebody else's service has been lately, for pages and /readyz. `since` is when it began to be so. */
export type PeerState = {
  status: 'not_asked' | 'answering' | 'failing' | 'paused'
  /** The last failure, while failing or paused. */
  failure?: FailureKind
  since?: Date
}

export type Breaker = ReturnType<typeof newBreaker>

/** What keeps the service from answering, if anything does: a sentence for anyone. */
export const troubleOf = ({ status, failure }: PeerState): string | null => {
  if (failure === undefined) return null
  return status === 'paused'
    ? `It is left alone for a moment: ${failurePhrases[failure]}.`
    : `The last call failed: ${failurePhrases[failure]}.`
}

/**
 * Keeps off a service whose last calls all failed: after `failuresToPause` of them nothing is asked for `pauseMs`, then one call
 * alone tries. Only failures of the other side are told to it. What fails for one person counts once: it may be what they ask
 * for, and nobody alone can keep the service from everybody.
 */
export const newBreaker = ({
  failuresToPause = 3,
  pauseMs = 2_000,
  now = () => performance.now(),
}: {
  failuresToPause?: number
  pauseMs?: number
  now?: () => number
} = {}) => {
  let failures = 0
  let failure: FailureKind | undefined
  let since: Date | undefined
  let askAgainAt = 0
  let isTrying = false
  /** Whose failures have counted. */
  const counted = new Set<string>()

  const isPaused = () => failures >= failuresToPause && (isTrying || now() < askAgainAt)

  return {
    /** Whether the call that begins now tries alone; throws `paused` where none may begin. */
    begin(): boolean {
      if (isPaused()) throw new CallFailure('paused', `${failures} failures, the last: ${failure}`, { sent: false })
      isTrying = failures >= failuresToPause
      return isTrying
    },
    /** The call that tried alone is over, however it ended. */
    endTry(): void {
      isTrying = false
    },
    /** Whether it had been failing. */
    succeed(): boolean {
      const wasFailing = failures > 0
      if (wasFailing || since === undefined) since = new Date()
      failures = 0
      counted.clear()
      failure = undefined
      return wasFailing
    },
    /** `person`: for whom it was asked, where the request arrived: what came of it may be their own doing. */
    fail(kind: FailureKind, person?: string): void {
      if (failures === 0) since = new Date()
      if (person === undefined || !counted.has(person)) failures += 1
      if (person !== undefined) counted.add(person)
      failure = kind
      askAgainAt = now() + pauseMs
    },
    state(): PeerState {
      if (since === undefined) return { status: 'not_asked' }
      if (failure === undefined) return { status: 'answering', since }
      return { status: isPaused() ? 'paused' : 'failing', failure, since }
    },
  }
}
