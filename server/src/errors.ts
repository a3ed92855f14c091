import { type ErrorCode, errorCatalogue, type Problem } from '@countersign/contract/errors.ts'

type Facts = {
  /** One more public sentence about this very case. */
  detail?: string
  /** Members of the input that were wrong. */
  errors?: { path: string; message: string }[]
  /** The scope that was missing. */
  scope?: string
  /** Every gate that an action lacks. */
  unmet?: { gate: string; note: string }[]
  /** For the program's own log only. */
  cause?: unknown
}

/** A refusal from the closed list: two audiences, one public sentence and one internal cause. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: ErrorCode
  readonly facts: Facts

  constructor(code: ErrorCode, facts: Facts = {}) {
    super(facts.detail ?? errorCatalogue[code].title, { cause: facts.cause })
    this.code = code
    this.facts = facts
  }

  get status(): number {
    return errorCatalogue[this.code].status
  }
}

/** RFC 9457 problem details for a refusal. Anything that is not a Refusal is our own fault and says no more than that. */
export const formatProblem = (error: unknown, requestId: string): Problem => {
  const refusal = error instanceof Refusal ? error : new Refusal('internal')
  const { status, title, hint } = errorCatalogue[refusal.code]
  const { detail, errors, scope, unmet } = refusal.facts
  return {
    type: `urn:countersign:error:${refusal.code}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    code: refusal.code,
    hint,
    request_id: requestId,
    ...(errors === undefined ? {} : { errors }),
    ...(scope === undefined ? {} : { scope }),
    ...(unmet === undefined ? {} : { unmet }),
  }
}

/** Something that keeps the program from starting or a command from working: told to the person at the terminal. */
export class Trouble extends Error {
  override name = 'Trouble'
  readonly hint: string

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause })
    this.hint = hint
  }
}
