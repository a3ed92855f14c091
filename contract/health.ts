import { z } from 'zod'
import { Cursor, Limit, pageOf } from './pages.ts'
import { LifecycleStatus, Tenant, TenantPage } from './tenants.ts'
import { Sought, Wanted } from './text.ts'
import { healthStatuses, overviewSorts } from './vocabulary.ts'

export { healthStatuses, overviewSorts } from './vocabulary.ts'

export const HealthStatus = z.enum(healthStatuses)
export type HealthStatus = z.infer<typeof HealthStatus>

/** Which rule judged, in the order in which they are asked (X9, X13, X15). */
export const healthRules = [
  'not_live',
  'no_signal',
  'too_little_data',
  'error_rate_critical',
  'no_recent_activity',
  'error_rate_warning',
  'reduced_activity',
  'all_well',
] as const
export const HealthRule = z.enum(healthRules)
export type HealthRule = z.infer<typeof HealthRule>

export const HealthCause = z
  .object({
    rule: HealthRule,
    value: z.number().nullable().describe('What was measured, in the unit of the rule: percent, hours, or calls'),
    threshold: z.number().nullable().describe('What it was held against, in the same unit'),
    baseline: z.number().nullable().describe('Calls a day over the seven days before the last 24 hours, where the rule looks at them'),
    since: z.iso.datetime().describe('Since when the rule holds'),
    sentence: z.string().describe('The same in words'),
  })
  .meta({ id: 'HealthCause' })
export type HealthCause = z.infer<typeof HealthCause>

export const Health = z
  .object({
    status: HealthStatus,
    causes: z.array(HealthCause).min(1).describe('Every rule that holds, the worst first'),
    since: z.iso.datetime().describe('Since when the status holds'),
  })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof Health>

/** What a tenant's traffic shows over the last 24 hours. */
export const Traffic = z.object({
  calls_24h: z.number().int().nonnegative(),
  errors_24h: z.number().int().nonnegative(),
  error_rate: z.number().nullable().describe('Percent; null where there are too few calls, by default below 20'),
  last_call_at: z.iso.datetime().nullable().describe('The minute of the last call; null where none is known'),
})
export type Traffic = z.infer<typeof Traffic>

export const TenantHealthRow = z
  .object({
    tenant: Tenant,
    health: Health,
    traffic: Traffic,
    hours: z
      .array(z.number().int().nonnegative())
      .length(24)
      .describe('Calls in each of the last 24 hours of the clock, the oldest first; the last one is still under way'),
  })
  .meta({ id: 'TenantHealthRow' })
export type TenantHealthRow = z.infer<typeof TenantHealthRow>

/** `worst` goes by health, and among equals by what changed last; `status` is the lifecycle's. */
export const ReadOverview = z.strictObject({
  query: Wanted.optional().describe('Part of a name in any spelling of case and accents, or the beginning of an id'),
  health: HealthStatus.optional(),
  status: LifecycleStatus.optional(),
  plan: Sought.max(200).optional(),
  sort: z.enum(overviewSorts).default('worst'),
  order: z.enum(['asc', 'desc']).default('asc'),
  cursor: Cursor.optional(),
  limit: Limit,
})
export type ReadOverview = z.infer<typeof ReadOverview>

/** The same for all pages at once, as a file. */
export const ExportOverview = ReadOverview.omit({ cursor: true, limit: true })
export type ExportOverview = z.infer<typeof ExportOverview>

const count = z.number().int().nonnegative()

/** How the sources are, all together. */
export const SignalState = z
  .enum(['none', 'stale', 'live'])
  .describe('none: no source ever sent anything; stale: nothing for any tenant for 15 minutes; live')

export const Overview = pageOf(TenantHealthRow)
  .extend({
    as_of: z.iso.datetime().describe('The instant of which all of this answer is'),
    cards: z
      .object({ total: count, healthy: count, warning: count, critical: count, unknown: count })
      .describe('Of all tenants, whatever the filter: total = healthy + warning + critical + unknown (C3)'),
    matching: count.describe('Tenants that match the filter'),
    plans: z.array(z.string()).describe('Plans to filter by'),
    signals: z.object({ state: SignalState, last_at: z.iso.datetime().nullable() }),
    synced_at: TenantPage.shape.synced_at,
    directory: TenantPage.shape.directory,
  })
  .meta({ id: 'Overview' })
export type Overview = z.infer<typeof Overview>

export const trafficWindows = ['24h', '7d'] as const

export const ReadTenantHealth = z.strictObject({ window: z.enum(trafficWindows).default('24h') })
export type ReadTenantHealth = z.infer<typeof ReadTenantHealth>

export const TenantHealth = z
  .object({
    as_of: z.iso.datetime(),
    health: Health,
    traffic: Traffic,
    signals: z.object({ state: SignalState, last_at: z.iso.datetime().nullable() }),
    series: z.object({
      step_seconds: z.number().int().positive(),
      points: z.array(z.object({ at: z.iso.datetime(), calls: count, errors: count })).describe('The oldest first, without gaps'),
    }),
    routes: z
      .array(
        z.object({ method: z.string().nullable(), route: z.string(), status: z.number().int().nullable(), calls: count, errors: count }),
      )
      .describe('Routes that failed most in the window; empty where the source names none'),
    latency_ms: z.object({ p50: z.number(), p95: z.number() }).nullable().describe('Null where the source gives none'),
    history: z
      .array(z.object({ at: z.iso.datetime(), status: HealthStatus, cause: HealthCause }))
      .describe('Changes of the status, the newest first, for 90 days'),
  })
  .meta({ id: 'TenantHealth' })
export type TenantHealth = z.infer<typeof TenantHealth>

/** What one source counted for one tenant in one minute. Sending it again replaces it. */
export type TenantMinute = {
  tenant_id: string
  /** One process of the product; the sources of a tenant add up. */
  source: string
  /** The start of the minute. */
  minute: Date
  calls: number
  errors: number
  routes?: { method: string | null; route: string; status: number | null; calls: number; errors: number }[]
  /** Calls by upper bound in milliseconds, the last bound being infinite. */
  latency?: { upper_ms: number; calls: number }[]
}
