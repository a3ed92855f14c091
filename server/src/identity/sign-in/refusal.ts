import type { ErrorCode } from '@countersign/contract/errors.ts'
import { Refusal } from '../../errors.ts'

type More = {
  cause?: unknown
  /** What the provider said of it, and what the administrator can do: for the program's log. */
  said?: string
  advice?: string
}

const sentences = (note: string, { said, advice }: More): string =>
  [said === undefined ? note : `${note}: ${said}`, ...(advice === undefined ? [] : [advice])].join('. ')

/** A refused sign-in. `note` is for the record; the program's log has the cause in full; the person gets the code's own sentence. */
export class SignInRefusal extends Refusal {
  readonly note: string
  /** Where the person was going, once that is known. */
  return_to: string | undefined

  constructor(code: ErrorCode, note: string, more: More = {}) {
    super(code, { cause: new Error(sentences(note, more), { cause: more.cause }) })
    this.note = note
  }
}
