import type { HealthRule, HealthStatus, SignalState } from '@countersign/contract/health.ts'
import type { LifecycleStatus } from '@countersign/contract/tenants.ts'
import type { z } from 'zod'
import type { Thresholds } from './thresholds.ts'

/** What a tenant is judged by. Instants are in milliseconds. */
export type Facts = {
  status: LifecycleStatus
  /** How the sources are, all together. */
  signals: z.infer<typeof SignalState>
  /** In the 1,440 minutes up to now. */
  calls: number
  errors: number
  /** The minute of the last call, however long ago. */
  last_call_ms: number | null
  /** Calls in the seven days before the last 24 hours. */
  baseline_calls: number
  /** Calls in the seven days before the last call; of a busy tenant it may be less, but never below `minimum_calls` where it is not. */
  week_calls: number
}

export type Judgement = { health: HealthStatus; rules: [HealthRule, ...HealthRule[]] }

export const hourMs = 3_600_000
export const baselineDays = 7

/** Statuses of tenants whose health is judged (X13). */
const live: readonly LifecycleStatus[] = ['active', 'trial', 'onboarding']

const unknown = (rule: HealthRule): Judgement => ({ health: 'unknown', rules: [rule] })

/** Percent; null where there are too few calls to speak of a rate. */
export const errorRate = ({ calls, errors }: Pick<Facts, 'calls' | 'errors'>, { minimum_calls }: Thresholds): number | null =>
  calls < Math.max(minimum_calls, 1) ? null : (errors * 100) / calls

/** Multiplied out, so that a threshold on the line is met exactly. */
const hasErrors = ({ calls, errors }: Facts, percent: number, { minimum_calls }: Thresholds): boolean =>
  calls >= minimum_calls && errors * 100 >= percent * calls

const isSilent = (nowMs: number, { last_call_ms }: Facts, { silent_hours }: Thresholds): boolean =>
  last_call_ms !== null && Math.floor(nowMs / 60_000) * 60_000 - last_call_ms >= silent_hours * hourMs

const isReduced = ({ calls, baseline_calls }: Facts, { reduced_percent }: Thresholds): boolean =>
  calls * baselineDays * 100 < reduced_percent * baseline_calls

/**
 * Judges a tenant's health (X9, X13, X15). What cannot be known comes first; then every rule that holds, the worst first, and the
 * first of them decides.
 */
export const classify = (nowMs: number, facts: Facts, thresholds: Thresholds): Judgement => {
  if (!live.includes(facts.status)) return unknown('not_live')
  if (facts.signals !== 'live') return unknown('no_signal')
  if (facts.last_call_ms === null || facts.week_calls < thresholds.minimum_calls) return unknown('too_little_data')
  const silent = isSilent(nowMs, facts, thresholds)
  const rules: HealthRule[] = []
  if (hasErrors(facts, thresholds.error_critical_percent, thresholds)) rules.push('error_rate_critical')
  if (silent) rules.push('no_recent_activity')
  if (rules[0] !== 'error_rate_critical' && hasErrors(facts, thresholds.error_warning_percent, thresholds)) rules.push('error_rate_warning')
  if (!silent && isReduced(facts, thresholds)) rules.push('reduced_activity')
  const [first, ...others] = rules
  if (first === undefined) return { health: 'healthy', rules: ['all_well'] }
  const isCritical = first === 'error_rate_critical' || first === 'no_recent_activity'
  return { health: isCritical ? 'critical' : 'warning', rules: [first, ...others] }
}
