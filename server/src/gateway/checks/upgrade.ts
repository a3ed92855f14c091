import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** WebSocket, h2c, or any other protocol: no tunnel through the gateway. */
export const checkUpgrade: Check = ({ headers }) => {
  if (headers.has('upgrade') || headers.has('http2-settings')) throw new Refusal('upgrade_refused')
}
