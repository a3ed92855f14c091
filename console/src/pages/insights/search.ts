import { z } from 'zod'
import { insightSpans } from '../../paths.ts'

export const InsightsSearch = z.object({ weeks: z.enum(insightSpans).optional().catch(undefined) })
