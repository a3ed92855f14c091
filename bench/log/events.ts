import { createHash, randomBytes } from 'node:crypto'
import { Committed } from '@countersign/contract/events/members.ts'
import type { NewEvent } from '@countersign/contract/events.ts'
import { newId } from '../../server/src/ids.ts'

const committed = () => new Committed(createHash('sha256').update(randomBytes(16)).digest('base64url'))

/** Such events as a busy gateway makes: all that is erasable was committed to before, but for the path of an admission. */
export const gatewayEvent = (number: number): NewEvent => ({
  action: number % 2 === 0 ? 'SUPPORT_SESSION.REQUEST.ADMITTED' : 'SUPPORT_SESSION.REQUEST.COMPLETED',
  result: 'ok',
  actor: {
    kind: 'staff',
    id: newId('staff'),
    issuer: 'https://id.example.com',
    subject: 'rob',
    email: committed(),
    name: committed(),
  },
  tenant_id: `ten_${number % 500}`,
  target: { kind: 'tenant', id: `ten_${number % 500}` },
  session_id: newId('session'),
  request: {
    id: newId('request'),
    method: 'GET',
    path: number % 2 === 0 ? `/v1/attestations/${number}` : committed(),
    route: '/v1/attestations/:id',
    scope: 'attestations:read',
  },
})
