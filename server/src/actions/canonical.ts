import { createHash } from 'node:crypto'
import type { AttemptAction, SignedRequest } from '@countersign/contract/action-requests.ts'
import canonicalize from 'canonicalize'

const canonical = (value: object): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('what is signed must be JSON')
  return text
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The bytes that an approver signs, and their SHA-256, which is the challenge of the signature. */
export const formatSigned = (request: SignedRequest): { signed: string; digest: Buffer } => {
  const signed = canonical(request)
  return { signed, digest: sha256(signed) }
}

/** What a signature of the requester's own is bound to: who attempts what, with every word of it. */
export const hashAttempt = (staffId: string, { action, target, reason, ticket, parameters }: AttemptAction): Buffer =>
  sha256(canonical({ action, parameters, reason: reason ?? null, requester: staffId, target, ticket: ticket ?? null }))
