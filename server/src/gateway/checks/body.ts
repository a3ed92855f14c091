import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

const withoutBody = new Set(['GET', 'HEAD', 'DELETE'])
/** One type, with its parameters (RFC 9110 section 8.3.1). Of two, one reader takes the first and another the last. */
const token = "[\\w!#$%&'*+.^`|~-]+"
const parameter = `${token}=(?:${token}|"(?:[^"\\\\]|\\\\[\\t\\x20-\\x7e])*")`
const oneType = new RegExp(`^${token}/${token}[ \\t]*(?:;[ \\t]*(?:${parameter}[ \\t]*)?)*$`)

/** One way only to say how long a body is, and no body where the method has none. */
export const checkBody: Check = (exchange, gate) => {
  const { headers, method, request } = exchange
  const type = headers.get('content-type')
  if (type !== undefined && !oneType.test(type)) throw new Refusal('header_refused', { detail: 'Content-Type is not one media type.' })
  const length = headers.get('content-length')
  const coding = headers.get('transfer-encoding')
  if (length !== undefined && (coding !== undefined || !/^(?:0|[1-9][0-9]{0,14})$/.test(length))) {
    throw new Refusal('header_refused', { detail: 'Content-Length is not a plain number, or came with Transfer-Encoding.' })
  }
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || request.httpVersionMinor !== 1)) {
    throw new Refusal('header_refused', { detail: 'Transfer-Encoding may only be chunked.' })
  }
  const expect = headers.get('expect')
  if (expect !== undefined && (expect.toLowerCase() !== '100-continue' || !exchange.expects_continue)) {
    throw new Refusal('header_refused', { detail: 'Expect may only be 100-continue.' })
  }
  exchange.has_body = coding !== undefined || (length !== undefined && length !== '0')
  if (!exchange.has_body) return
  if (withoutBody.has(method)) throw new Refusal('body_refused')
  if (length !== undefined && Number(length) > gate.maxRequestBytes) throw new Refusal('body_too_large')
  const encoding = headers.get('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new Refusal('unsupported_media_type')
}
