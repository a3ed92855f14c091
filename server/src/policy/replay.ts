import type { UnmetGate } from '@countersign/contract/actions.ts'
import type { Attempt } from './attempt.ts'
import type { Policy } from './compile.ts'
import { decide } from './decide.ts'

/** An attempt, and what was unmet when it was made. */
export type Decided = { attempt: Attempt; unmet: readonly UnmetGate[] }
export type Difference<D extends Decided> = { decided: D; wouldBeUnmet: UnmetGate[] }

const keyOf = (unmet: readonly UnmetGate[]): string => JSON.stringify(unmet.map(({ gate, note }) => [gate, note]).toSorted())

/** What a draft would have decided otherwise (M1): allowed instead of refused, refused instead of allowed, or by other gates. */
export const replay = function* <D extends Decided>(history: Iterable<D>, draft: Policy): Generator<Difference<D>> {
  for (const decided of history) {
    const { unmet } = decide(draft, decided.attempt)
    if (keyOf(unmet) !== keyOf(decided.unmet)) yield { decided, wouldBeUnmet: unmet }
  }
}
