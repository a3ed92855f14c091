import type { NewEvent } from '@countersign/contract/events.ts'
import { newId } from '../../server/src/ids.ts'

/** Such events as a busy gateway makes. */
export const gatewayEvent = (number: number): NewEvent => ({
  action: number % 2 === 0 ? 'SUPPORT_SESSION.REQUEST.ADMITTED' : 'SUPPORT_SESSION.REQUEST.COMPLETED',
  result: 'ok',
  actor: {
    kind: 'staff',
    id: newId('staff'),
    issuer: 'https://id.example.com',
    subject: 'rob',
    email: 'rob@example.com',
    name: 'Rob Bench',
  },
  tenant_id: `ten_${number % 500}`,
  target: { kind: 'route', id: '/v1/attestations/:id' },
  session_id: newId('session'),
  request: {
    id: newId('request'),
    method: 'GET',
    path: `/v1/attestations/${number}`,
    route: '/v1/attestations/:id',
    scope: 'attestations:read',
  },
})
