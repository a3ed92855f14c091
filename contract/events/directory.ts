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
    recreated: kept(z.array(TenantId).optional().describe('Ids that were given to another tenant')),
  },
}
