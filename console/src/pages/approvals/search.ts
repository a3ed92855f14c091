import { z } from 'zod'
import { approvalsTabs } from '../../paths.ts'

export const ApprovalsSearch = z.object({ tab: z.enum(approvalsTabs).optional().catch(undefined) })
