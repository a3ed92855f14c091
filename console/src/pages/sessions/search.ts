import { SessionStatus } from '@countersign/contract/sessions.ts'
import { z } from 'zod'
import { sessionTabs } from '../../paths.ts'

export const SessionsSearch = z.object({
  status: SessionStatus.optional().catch(undefined),
  tenant_id: z.string().max(200).optional().catch(undefined),
  staff_id: z.string().max(200).optional().catch(undefined),
})
export type SessionsSearch = z.infer<typeof SessionsSearch>

export const SessionSearch = z.object({ tab: z.enum(sessionTabs).optional().catch(undefined) })
