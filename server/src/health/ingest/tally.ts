import type { SignalCause } from '@countersign/contract/signals.ts'

/** How much of a call was left out, by cause. */
export type Tally = Map<SignalCause, number>

export const note = (tally: Tally, cause: SignalCause, n = 1): void => {
  if (n > 0) tally.set(cause, (tally.get(cause) ?? 0) + n)
}
