import { Ticket } from '@countersign/contract/text.ts'
import { z } from 'zod'

export const UsersSearch = z.object({
  query: z.string().max(200).optional().catch(undefined),
  ticket: z.string().max(65).optional().catch(undefined),
})

export const UserSearch = z.object({ ticket: Ticket.optional().catch(undefined) })
