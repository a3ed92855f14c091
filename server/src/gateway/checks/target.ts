import { readTarget } from '@countersign/contract/target.ts'
import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/**
 * Proxies may be sent the whole address (RFC 9112 section 3.2.2). Where it names the very host that the Host header does, it says no more
 * than the path; that host is judged by its own check.
 */
const pathOf = (target: string, host: string | undefined): string => {
  const [, authority, path = '/'] = /^https?:\/\/([^/?#]+)(\/.*)?$/i.exec(target) ?? []
  return authority !== undefined && authority.toLowerCase() === host?.toLowerCase() ? path : target
}

export const checkTarget: Check = (exchange) => {
  const { request, target } = exchange
  const written = target.charCodeAt(0) === 0x2f ? target : pathOf(target, request.headers.host)
  const read = readTarget(written)
  if (typeof read === 'string') throw new Refusal('target_refused', { detail: read })
  exchange.target = written
  exchange.path = read.path
  exchange.query = read.query
}
