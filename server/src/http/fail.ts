import { type ErrorCode, Problem } from '@countersign/contract/errors.ts'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { formatProblem, Refusal } from '../errors.ts'

/** What the HTTP library refuses by itself, in our words. */
const known: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_MAX_PARAM_LENGTH: 'invalid_request',
}

/** What was wrong with it, where its code says no more than that it was. */
const details: Record<string, string> = {
  FST_ERR_BAD_URL: 'The path is not percent-encoded UTF-8.',
  FST_ERR_MAX_PARAM_LENGTH: 'A segment of the path is too long.',
}

/** Any error as a Refusal: the closed list, or `internal` for what is our own fault. */
export const refusalOf = (error: FastifyError | Error): Refusal => {
  if (error instanceof Refusal) return error
  const code = (error as FastifyError).code
  if (code !== undefined && known[code]) return new Refusal(known[code], { detail: details[code], cause: error })
  const status = (error as FastifyError).statusCode ?? 500
  if (error instanceof SyntaxError && status === 400) return new Refusal('malformed_json')
  // Whatever else a library says is the caller's fault is not ours.
  if (status >= 400 && status < 500) return new Refusal(status === 404 ? 'not_found' : 'invalid_request', { cause: error })
  return new Refusal('internal', { cause: error })
}

/** What stands in the program's log of a refusal, and on its answer, in whatever form that is. False where nobody hears it any more. */
export const noteRefusal = (refusal: Refusal, error: Error, request: FastifyRequest, reply: FastifyReply): boolean => {
  if (refusal.status >= 500) request.log.error({ err: refusal.facts.cause ?? error, code: refusal.code }, refusal.message)
  // A caller who broke off, or made room for another, hears nothing any more.
  if (request.raw.socket.destroyed) return false
  if (refusal.status < 500) request.log.info({ code: refusal.code, cause: String(refusal.facts.cause ?? '') }, refusal.message)
  if (refusal.status === 429 || refusal.status === 503) reply.header('retry-after', reply.getHeader('retry-after') ?? '1')
  return true
}

/** Answers with problem details, and further members where there are any; what only we may know goes to the program log. */
export const sendProblem = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply, members = {}): FastifyReply => {
  const refusal = refusalOf(error)
  if (!noteRefusal(refusal, error, request, reply)) return reply.hijack()
  return reply
    .code(refusal.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({ ...formatProblem(refusal, request.id), ...members })
}

/** The refusals every route may answer, for its OpenAPI description. */
export const problems = { default: Problem.describe('Refused: see `code` and `hint`') } as const
