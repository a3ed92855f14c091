import { type Lane, newLane } from '../inbound/lane.ts'

/**
 * Kinds of work at the door. Each has connections to the database of its own, and what ends access waits for nobody: however
 * much is asked for of the others, a session can be revoked.
 */
export type Work = 'ends' | 'staff' | 'tenants' | 'signals'

export type Lanes = Partial<Record<Work, Lane<string>>>

/** Connections to the database for each kind. */
export const connectionsOf = { ends: 3, staff: 16, tenants: 4, signals: 5 } as const satisfies Record<Work, number>

/** Fewer at once than there are connections: the others look up who is calling. */
export const newLanes = (): Lanes => ({
  staff: newLane({ atOnce: 12, atOncePerOwner: 6, waiting: 1_000, waitingPerOwner: 100, waitMs: 5_000 }),
  tenants: newLane({ atOnce: 3, atOncePerOwner: 2, waiting: 2_000, waitingPerOwner: 600, waitMs: 10_000 }),
  signals: newLane({ atOnce: 3, atOncePerOwner: 2, waiting: 300, waitingPerOwner: 100, waitMs: 10_000 }),
})
