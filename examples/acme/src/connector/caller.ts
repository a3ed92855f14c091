import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { JWTPayload } from 'jose'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'

/** Every call to the connector is signed by Countersign, for this audience, this method, this target and this body, once. */
export async function requireCountersign(acme: Acme, request: FastifyRequest, body: Buffer): Promise<JWTPayload> {
  const token = /^Bearer ([^\s]+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (!token) throw new Problem('not_signed_in', 'Authorization: Bearer <JWT> is missing')
  const claims = await acme.directory.verify(token, { method: request.raw.method ?? '', target: request.raw.url ?? '' })
  const expectedHash = createHash('sha256').update(body).digest('base64url')
  if (claims.body_sha256 !== expectedHash) throw new Problem('bad_assertion', 'body_sha256 is not the hash of this body')
  return claims
}
