import { z } from 'zod'

export const SignInSearch = z.object({
  return_to: z.string().max(2000).startsWith('/').optional().catch(undefined),
  why: z.enum(['not_signed_in', 'session_idle', 'session_over', 'signed_out', 'sign_in_refused']).optional().catch(undefined),
})
