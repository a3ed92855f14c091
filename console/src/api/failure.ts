import type { Problem } from '@countersign/contract/errors.ts'

/** Anything that kept an answer from arriving, in words for the person who asked. */
export class Failure extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string
  readonly requestId: string | undefined
  readonly details: readonly { path: string; message: string }[]
  /** Gates that an action lacks. */
  readonly unmet: readonly { gate: string; note: string }[]

  constructor(of: {
    status: number
    code: string
    title: string
    hint: string
    requestId?: string
    details?: Problem['errors']
    unmet?: Problem['unmet']
  }) {
    super(of.title)
    this.name = 'Failure'
    this.status = of.status
    this.code = of.code
    this.hint = of.hint
    this.requestId = of.requestId
    this.details = of.details ?? []
    this.unmet = of.unmet ?? []
  }
}

export const isFailure = (error: unknown): error is Failure => error instanceof Failure
export const isForbidden = (error: unknown): boolean => isFailure(error) && error.status === 403
export const isNotFound = (error: unknown): boolean => isFailure(error) && error.status === 404

export const lostConnection = () =>
  new Failure({
    status: 0,
    code: 'connection_lost',
    title: 'The server does not answer.',
    hint: 'Check your connection. Nothing was lost; the console keeps trying.',
  })

export const garbledAnswer = (status: number) =>
  new Failure({
    status,
    code: 'answer_garbled',
    title: 'The server answered in a form this console does not know.',
    hint: 'Load the page again: the server may have been updated.',
  })

const words = ['title', 'code', 'hint', 'request_id'] as const satisfies readonly (keyof Problem)[]
/** Every answer that is a refusal is read, on the first page too: by hand, as that has no room for schemas. */
const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && words.every((name) => typeof (body as Record<string, unknown>)[name] === 'string')

export const parseFailure = (status: number, body: unknown): Failure => {
  if (!isProblem(body)) return garbledAnswer(status)
  const { title, code, hint, request_id, errors, detail, unmet } = body
  return new Failure({ status, code, title: detail ?? title, hint, requestId: request_id, details: errors, unmet })
}
