import type { Health, HealthRule, HealthStatus, SignalState, Traffic } from '@countersign/contract/health.ts'
import type { LifecycleStatus, Tenant } from '@countersign/contract/tenants.ts'
import type { z } from 'zod'
import { errorRate, type Facts } from './classify.ts'
import { explainRule } from './explain.ts'
import type { Thresholds } from './thresholds.ts'

/** A row of tenant_health, as far as anybody is shown it. */
export type StoredTenant = {
  n: number
  tenant_id: string
  name: string
  status: LifecycleStatus
  plan: string | null
  region: string | null
  user_count: number | null
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
  health: HealthStatus
  rules: HealthRule[]
  rules_since: Date[]
  since: Date
  calls: number
  errors: number
  last_call_at: Date | null
  baseline: number
  week: number
}

export const formatTenant = (row: StoredTenant): Tenant => ({
  id: row.tenant_id,
  name: row.name,
  status: row.status,
  plan: row.plan,
  region: row.region,
  user_count: row.user_count,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  deleted_at: row.deleted_at?.toISOString() ?? null,
})

type How = { thresholds: Thresholds; signals: z.infer<typeof SignalState>; nowMs: number }

const factsOf = (row: StoredTenant, signals: How['signals']): Facts => ({
  status: row.status,
  signals,
  calls: row.calls,
  errors: row.errors,
  last_call_ms: row.last_call_at?.getTime() ?? null,
  baseline_calls: row.baseline,
  week_calls: row.week,
})

/** The health that was judged, with its causes in words: by what it was judged by. */
export const formatHealth = (row: StoredTenant, { thresholds, signals, nowMs }: How): Health => {
  const facts = factsOf(row, signals)
  return {
    status: row.health,
    causes: row.rules.map((rule, at) =>
      explainRule(rule, { facts, thresholds, nowMs, sinceMs: (row.rules_since[at] ?? row.since).getTime() }),
    ),
    since: row.since.toISOString(),
  }
}

export const formatTraffic = (row: StoredTenant, thresholds: Thresholds): Traffic => ({
  calls_24h: row.calls,
  errors_24h: row.errors,
  error_rate: errorRate(row, thresholds),
  last_call_at: row.last_call_at?.toISOString() ?? null,
})
