import { z } from 'zod'
import { TenantId } from '../ids.ts'
import { count } from './common.ts'
import { kept } from './members.ts'

export const directorySynced = {
  details: {
    round: kept(z.number().int()),
    full: kept(z.boolean()),
    added: count,
    changed: count,
    deleted: count,
    restored: count,
    unreadable: kept(
      z
        .object({ count: z.number().int(), rows: z.array(z.object({ id: TenantId.optional(), members: z.array(z.string()) })) })
        .optional()
        .describe('Rows in another form that are news, and the first of them: which tenant, which members'),
    ),
    from: kept(z.object({ address: z.string(), audience: z.string() }).optional().describe('The directory is another one from here on')),
    recreated: kept(z.array(TenantId).optional().describe('Ids that were given to another tenant')),
    recreated_at: kept(z.string().optional().describe('From when on they are; what happened before is the former one’s')),
  },
}
