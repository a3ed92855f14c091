import type { ErrorCode } from '@countersign/contract/errors.ts'
import { Refusal } from '../../errors.ts'

/** A refused sign-in. `note` is for the record: the person sees the same sentence whatever was wrong. */
export class SignInRefusal extends Refusal {
  readonly note: string
  /** The denial is on the record already. */
  readonly recorded: boolean

  constructor(code: ErrorCode, note: string, options: { cause?: unknown; recorded?: boolean } = {}) {
    super(code, { cause: options.cause ?? note })
    this.note = note
    this.recorded = options.recorded === true
  }
}
