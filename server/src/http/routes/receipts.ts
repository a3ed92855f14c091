import { SessionId } from '@countersign/contract/ids.ts'
import { Receipt } from '@countersign/contract/receipts.ts'
import { z } from 'zod'
import type { Reads } from '../../audit/read.ts'
import { seeReceipt, seeTenantReceipt } from '../../sessions/receipt.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

const params = z.object({ session_id: SessionId })

/** What a customer is told of a support session: for staff, and with the tenant's key. */
export const receiptRoutes = (app: Door, needs: { reads: Reads; origin: string }): void => {
  app.get(
    '/api/sessions/:session_id/receipt',
    {
      config: { access: seeReceipt.may },
      schema: {
        tags: ['support sessions'],
        summary: 'What the customer is told of a session',
        params,
        response: { 200: Receipt, ...problems },
      },
    },
    async (request) => seeReceipt({ ...ctxOf(request), ...needs }, request.params.session_id),
  )
  app.get(
    '/v1/sessions/:session_id/receipt',
    {
      config: { access: seeTenantReceipt.may },
      schema: {
        tags: ['tenant'],
        summary: "What was done in a support session on the key's tenant",
        params,
        response: { 200: Receipt, ...problems },
      },
    },
    async (request) => seeTenantReceipt({ ...ctxOf(request), ...needs }, request.params.session_id),
  )
}
