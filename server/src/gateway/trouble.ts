import type { Refusal } from '../errors.ts'
import { callFailureFrom } from '../outbound/failure.ts'

type Log = { warn(facts: object, message: string): void }

/** Says in the program's log why an upstream could not be used. */
export type Troubles = (upstream: string, refusal: Refusal) => void

const againMs = 60_000
const codes = new Set(['upstream_unavailable', 'upstream_timeout', 'upstream_refused'])

/** Why the product did not answer as it should, for those who run it: by a kind of a closed list and a code of the system. */
export const causeOf = ({ code, facts: { cause } }: Refusal): string | undefined => {
  if (!codes.has(code) || !(cause instanceof Error)) return undefined
  const { kind, message } = callFailureFrom(cause)
  return kind === 'ours' ? undefined : message
}

/** The same cause of one upstream once a minute: while it is away, every request has it. */
export const newTroubles = (log: Log, now: () => number = () => performance.now()): Troubles => {
  const said = new Map<string, number>()
  return (upstream, refusal) => {
    const cause = causeOf(refusal)
    if (cause === undefined) return
    const key = `${upstream} ${cause}`
    const before = said.get(key)
    if (before !== undefined && now() - before < againMs) return
    said.set(key, now())
    log.warn({ upstream, code: refusal.code }, `the product did not answer: ${cause}`)
  }
}
