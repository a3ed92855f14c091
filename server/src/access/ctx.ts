import type { EventRequest } from '@countersign/contract/events.ts'
import type { Journal } from '../audit/record.ts'
import type { Store } from '../store/open.ts'
import type { Principal } from './principal.ts'

/** What everything that is done stands on: where it stores, and what records it. */
export type Base = { store: Store; journal: Journal }

/** What a verb is given: who calls it, by which request if it came by one, and what it stands on. */
export type Ctx<P extends Principal = Principal> = Base & { principal: P; request?: EventRequest }
