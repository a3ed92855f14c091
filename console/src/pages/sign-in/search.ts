import { errorCatalogue } from '@countersign/contract/errors.ts'
import { RequestId } from '@countersign/contract/ids.ts'
import { z } from 'zod'

const refusals = Object.keys(errorCatalogue) as [keyof typeof errorCatalogue, ...(keyof typeof errorCatalogue)[]]

export const SignInSearch = z.object({
  return_to: z.string().max(2000).startsWith('/').optional().catch(undefined),
  why: z.enum(['not_signed_in', 'session_idle', 'session_over', 'signed_out']).optional().catch(undefined),
  refused: z.enum(refusals).optional().catch(undefined),
  request_id: RequestId.optional().catch(undefined),
})
