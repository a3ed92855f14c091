/** Answers other than success. The product API writes them as problem+json, the connector as {code, message}. */
const statuses = {
  bad_request: 400,
  not_signed_in: 401,
  bad_assertion: 401,
  replayed: 401,
  no_tenant: 403,
  out_of_scope: 403,
  not_for_support: 403,
  not_permitted: 403,
  cross_origin: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unknown_act: 422,
  key_reused: 422,
  trust_unavailable: 503,
  act_under_way: 503,
  export_store_unavailable: 503,
  internal: 500,
} as const

export type ProblemCode = keyof typeof statuses

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number

  constructor(code: ProblemCode, message: string) {
    super(message)
    this.code = code
    this.status = statuses[code]
  }
}
