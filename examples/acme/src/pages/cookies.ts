import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../api/caller.ts'
import { Problem } from '../problem.ts'

const csrfCookie = 'acme_csrf'
export const themeCookie = 'acme_theme'
export const csrfHeader = 'x-csrf-token'

export function readCookie({ headers }: FastifyRequest, name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split('; ')) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1)
  return undefined
}

export const setCookie = (reply: FastifyReply, name: string, value: string, maxAgeSeconds: number): void =>
  void reply.header('set-cookie', `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`)

/** What a form of ours has to bring along: the cookie's value, which no other site can read. */
export function ensureCsrf(request: FastifyRequest, reply: FastifyReply): string {
  const known = readCookie(request, csrfCookie)
  if (known !== undefined && /^[A-Za-z0-9_-]{24}$/.test(known)) return known
  const token = randomBytes(18).toString('base64url')
  setCookie(reply, csrfCookie, token, 86_400)
  return token
}

/** The fields of a form of ours, without its token. What carries an assertion needs none: no other site can make one. */
export function requireForm(request: FastifyRequest, { kind }: Caller): Record<string, unknown> {
  const { _csrf: field, ...fields } = (request.body ?? {}) as Record<string, unknown>
  if (kind === 'support') return fields
  const expected = Buffer.from(readCookie(request, csrfCookie) ?? '')
  const given = Buffer.from(String(request.headers[csrfHeader] ?? field ?? ''))
  if (expected.length === 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new Problem('cross_origin', 'this form is not one of ours, or it is too old: load its page again')
  return fields
}
