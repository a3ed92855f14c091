import { type HealthStatus, healthStatuses } from '@countersign/contract/health.ts'

/** The place of a tenant among all, the worst first: by its health, and among equals by what is newest. */
export const placeOf = (health: HealthStatus, sinceMs: number): number =>
  healthStatuses.indexOf(health) * 100_000_000_000 - Math.floor(sinceMs / 1000)
