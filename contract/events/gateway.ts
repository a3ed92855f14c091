import { z } from 'zod'
import { refusal, requestIfAny, unrecorded } from './common.ts'
import { erasable, optional } from './members.ts'

/** A request that no session stands behind. */
export const gatewayRefused = {
  ...refusal,
  request: requestIfAny,
  details: optional({
    client_request_id: erasable(z.string().optional()),
    peer: erasable(z.string().optional().describe('Address that it came from')),
    unrecorded,
  }),
}
