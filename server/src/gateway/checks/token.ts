import { hash } from 'node:crypto'
import { decodeWhole } from '@countersign/contract/secrets.ts'
import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** The scheme in any case, and any spaces after it (RFC 9110 section 11.4). */
const form = /^[Bb][Ee][Aa][Rr][Ee][Rr] +(css_[A-Za-z0-9_-]{43})$/

/** The SHA-256 of the one well-formed token among the headers as they arrived, for the record of a refusal too. */
export const findTokenHash = (rawHeaders: readonly string[]): string | undefined => {
  let found: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).length !== 13 || (rawHeaders[i] as string).toLowerCase() !== 'authorization') continue
    if (found !== undefined) return undefined
    found = rawHeaders[i + 1]
  }
  const token = found === undefined ? undefined : form.exec(found)?.[1]
  return token === undefined ? undefined : hash('sha256', token)
}

const holdsToken = (target: string): boolean => (target.includes('%') ? decodeWhole(target) : target).includes('css_')

/** `Authorization: Bearer css_…` and nothing else: cookies and API keys are not looked at, and a token in the target is refused. */
export const checkToken: Check = (exchange) => {
  if (holdsToken(exchange.target)) throw new Refusal('token_refused', { detail: 'A token never belongs in an address.' })
  if (!exchange.headers.has('authorization')) throw new Refusal('token_missing')
  const tokenHash = findTokenHash(exchange.request.rawHeaders)
  if (tokenHash === undefined) throw new Refusal('token_refused')
  exchange.token_hash = tokenHash
}
