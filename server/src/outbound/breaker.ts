import { CallFailure, type FailureKind } from './failure.ts'

/** How somebody else's service has been lately, for pages and /readyz. `since` is when it began to be so. */
export type PeerState = {
  status: 'not_asked' | 'answering' | 'failing' | 'paused'
  /** The last failure, while failing or paused. */
  failure?: FailureKind
  since?: Date
}

export type Breaker = ReturnType<typeof newBreaker>

/**
 * Keeps off a service whose last calls all failed: after `failuresToPause` of them nothing is asked for `pauseMs`, then one call
 * alone tries. Only failures of the other side are told to it.
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
      failure = undefined
      return wasFailing
    },
    fail(kind: FailureKind): void {
      if (failures === 0) since = new Date()
      failures += 1
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
