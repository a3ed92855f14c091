import type { Tenant } from '@countersign/contract/tenants.ts'
import type { User } from '@countersign/contract/users.ts'
import type { Probe } from './probe.ts'

/** What the checks before have found: those after build on it. */
export type Seen = { tenants: Tenant[]; syncToken: string | null; user?: User }

/** One thing a connector must do. `run` answers what was seen, or throws a Fault. Without a `needed` one the rest makes no sense. */
export type Check = { name: string; hint: string; needed?: boolean; run: (probe: Probe, seen: Seen) => Promise<string> }
