import type { ErrorCode } from '@countersign/contract/errors.ts'
import { Refusal } from '../../errors.ts'

/** A refused sign-in. `note` is for the record: the person sees the same sentence whatever was wrong. */
export class SignInRefusal extends Refusal {
  readonly note: string

  constructor(code: ErrorCode, note: string, options: { cause?: unknown } = {}) {
    super(code, { cause: options.cause ?? note })
    this.note = note
  }
}
