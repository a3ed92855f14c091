import { newBreaker, type PeerState } from './breaker.ts'
import { CallFailure } from './failure.ts'
import { type Answer, type Outgoing, openLine } from './line.ts'

export type PeerLog = { warn(facts: object, message: string): void; info(facts: object, message: string): void }

export type PeerOptions = {
  /** What the log and pages call it: `directory`, `identity provider`. */
  name: string
  timeoutMs: number
  answerBytes: number
  log?: PeerLog
  /** Failures in a row after which it is not asked for a while. */
  failuresToPause?: number
}

export type Call = Outgoing & {
  /** Names the effect: whoever asks again for the same one sends the same key. */
  idempotencyKey?: string
  /** For whom it is asked. */
  person?: string
}

/** Somebody else's service that we call. */
export type Peer = {
  /** Its answer, whatever the status. Throws CallFailure where there is none. */
  call(call: Call): Promise<Answer>
  state(): PeerState
  close(): Promise<void>
}

/** An answer that says the service is not well. Any other, refusals included, shows that it is. */
export const isUnwell = (status: number): boolean => status === 429 || status >= 500

/** Whose fault: what we did wrong, or chose not to ask, says nothing about the other side. */
const isTheirs = ({ kind }: CallFailure): boolean => kind !== 'ours' && kind !== 'paused' && kind !== 'address' && kind !== 'forbidden'

export const openPeer = ({ name, log, failuresToPause, ...limits }: PeerOptions): Peer => {
  const line = openLine(limits)
  const breaker = newBreaker({ failuresToPause })

  const fail = ({ kind, detail, sent }: CallFailure, { origin, method, person }: Call): void => {
    breaker.fail(kind, sent ? person : undefined)
    // The target is left out: it names people.
    log?.warn({ peer: name, origin, method, failure: kind, detail }, 'a call failed')
  }
  const send = ({ idempotencyKey, person: _, ...outgoing }: Call): Promise<Answer> => {
    const headers = { ...outgoing.headers, ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) }
    return line.send({ ...outgoing, headers })
  }

  return {
    async call(call) {
      const isTry = breaker.begin()
      try {
        const answer = await send(call)
        if (isUnwell(answer.status)) fail(new CallFailure('status', String(answer.status)), call)
        else if (breaker.succeed()) log?.info({ peer: name, origin: call.origin }, 'calls are answered again')
        return answer
      } catch (error) {
        if (error instanceof CallFailure && isTheirs(error)) fail(error, call)
        throw error
      } finally {
        if (isTry) breaker.endTry()
      }
    },
    state: () => breaker.state(),
    close: () => line.close(),
  }
}
