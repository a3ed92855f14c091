import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/**
 * HTTP/1.1 (or 1.0) and nothing else: no h2c or other tunnel, and no version that Node's parser lets pass. Whether a WebSocket may be
 * opened, its route says (streams/handshake.ts).
 */
export const checkUpgrade: Check = ({ headers, request, tunnel }, gate) => {
  const { httpVersion } = request
  if ((httpVersion !== '1.1' && httpVersion !== '1.0') || gate.isOtherProtocol(request))
    throw new Refusal('invalid_request', { detail: 'The version must be HTTP/1.1.' })
  if ((headers.has('upgrade') && !tunnel) || headers.has('http2-settings')) throw new Refusal('upgrade_refused')
}
