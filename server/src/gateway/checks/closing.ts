import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** A gateway that is closing finishes what it has begun and begins nothing new. */
export const checkClosing: Check = (_, gate) => {
  if (gate.isClosing()) throw new Refusal('shutting_down')
}
