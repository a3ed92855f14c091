import type { Tenant } from '@countersign/contract/tenants.ts'
import type { User } from '@countersign/contract/users.ts'
import type { CheckOf } from '../../../outbound/check.ts'
import type { Probe } from './probe.ts'

/** What the checks before have found: those after build on it. */
export type Seen = { tenants: Tenant[]; isWhole: boolean; syncToken: string | null; user?: User; crowded?: string }

export type Check = CheckOf<Probe, Seen>
