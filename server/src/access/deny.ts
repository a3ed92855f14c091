import type { Actor, NewEvent } from '@countersign/contract/events.ts'
import type { Denial, DenialOf } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { Budget } from './budget.ts'

type WithoutOutcome<E> = E extends unknown ? Omit<E, 'result' | 'actor' | 'code' | 'gates' | 'note'> : never

/** What was attempted, as its event says it: which event, and about whom. The rest of a denial follows from the refusal. */
export type Attempt = WithoutOutcome<NewEvent> & {
  actor: Actor
  /** Where the record is to say more than the caller is told. */
  note?: string | undefined
}

/** The sentence of a refusal for the record: which members or gates it was about, or why. */
const noteOf = ({ facts, message }: Refusal): string =>
  (facts.errors?.map(({ path, message: unmet }) => `${path.replace(/^\//, '')} ${unmet}`).join('; ') || message).slice(0, 500)

/**
 * The event of a refusal: the one place where they are made, for every door. Without a refusal it stands for several that were
 * only counted, and its note says so.
 */
export const denialOf = <A extends Attempt>(refusal: Refusal | undefined, { note, ...attempt }: A): DenialOf<A['action']> =>
  ({
    ...attempt,
    result: 'deny',
    code: refusal?.code,
    gates: refusal?.facts.unmet?.map(({ gate }) => gate),
    note: note ?? (refusal && noteOf(refusal)),
  }) as unknown as DenialOf<A['action']>

/** A refusal that goes on the record, to be thrown, or returned from `transact`. */
export class Denied extends Error {
  override name = 'Denied'
  readonly refusal: Refusal
  /** Undefined where it is only counted. */
  readonly event: Denial | undefined

  constructor(refusal: Refusal, event: Denial | undefined) {
    super(refusal.message, { cause: refusal })
    this.refusal = refusal
    this.event = event
  }
}

/**
 * What was asked for is not there, as with a mistyped id: nobody was kept from anything, so the record calls it an error. Whoever is told
 * of nothing because they may not see it is denied.
 */
export const miss = (attempt: Attempt, refusal = new Refusal('not_found')): Denied =>
  new Denied(refusal, { ...denialOf(refusal, attempt), result: 'error' } as unknown as Denial)

/** Nothing to be kept from was found, unless a denial says that there is something. */
export const isMiss = (error: unknown): error is Refusal => error instanceof Refusal && error.code === 'not_found'

/**
 * Refuses on the record. Refusals of those whom nobody vouches for have a limit: beyond it they are counted, and the next one that
 * is recorded says how many were not.
 */
export const deny = (refusal: Refusal, attempt: Attempt, limit?: { budget: Budget; key?: string }): Denied => {
  const unrecorded = limit ? limit.budget.take(limit.key) : 0
  if (unrecorded === undefined) return new Denied(refusal, undefined)
  const counted = unrecorded === 0 ? attempt : ({ ...attempt, details: { ...attempt.details, unrecorded } } as Attempt)
  return new Denied(refusal, denialOf(refusal, counted))
}
