import type { HealthCause, HealthRule } from '@countersign/contract/health.ts'
import { baselineDays, errorRate, type Facts, hourMs } from './classify.ts'
import type { Thresholds } from './thresholds.ts'

/** Thousands in groups, whatever the host's language. */
const formats = [0, 1, 2, 3].map((maximumFractionDigits) => new Intl.NumberFormat('en-US', { maximumFractionDigits }))
const formatNumber = (value: number, decimals: 0 | 1 | 2 | 3 = 0): string => (formats[decimals] as Intl.NumberFormat).format(value)

/** Never rounded up to the line that it stays below. */
const formatPercent = (value: number): string => `${formatNumber(Math.floor(value * 10) / 10, 1)} %`

const formatSilence = (hours: number): string => (hours < 72 ? `${hours} h` : `${Math.floor(hours / 24)} days`)

const dailyMean = (calls: number): number => Math.round(calls / baselineDays)

/** The time, with the day where it is another one than now. */
const formatSince = (sinceMs: number, nowMs: number): string => {
  const [day, time = ''] = new Date(sinceMs).toISOString().split('T')
  const isToday = day === new Date(nowMs).toISOString().split('T')[0]
  return `since ${isToday ? '' : `${day} `}${time.slice(0, 5)} UTC`
}

type Measured = Pick<HealthCause, 'value' | 'threshold' | 'baseline' | 'sentence'>
type Asked = { facts: Facts; thresholds: Thresholds; nowMs: number; sinceMs: number }

const explainErrors = ({ facts, thresholds, nowMs, sinceMs }: Asked, threshold: number): Measured => {
  const value = errorRate(facts, thresholds) ?? 0
  const sentence = `error rate ${formatPercent(value)} ≥ ${formatNumber(threshold, 3)} % over 24 h, ${formatSince(sinceMs, nowMs)}`
  return { value, threshold, baseline: null, sentence }
}

const none = { value: null, threshold: null, baseline: null }

const noSignal = {
  none: 'no signal yet: no source has sent anything',
  stale: 'no signal: no source has sent anything for a while',
  live: 'no signal',
}

const notLive = (status: Facts['status']): string => `not live: the tenant is ${status}`

const measure: Record<HealthRule, (asked: Asked) => Measured> = {
  not_live: ({ facts }) => ({ ...none, sentence: notLive(facts.status) }),
  no_signal: ({ facts }) => ({ ...none, sentence: noSignal[facts.signals] }),
  too_little_data: ({ facts, thresholds: { minimum_calls } }) => ({
    value: facts.week_calls,
    threshold: minimum_calls,
    baseline: null,
    sentence:
      facts.last_call_ms === null
        ? 'too little data: no call seen yet'
        : `too little data: ${formatNumber(facts.week_calls)} calls in the seven days before the last one, fewer than ${formatNumber(minimum_calls)}`,
  }),
  error_rate_critical: (asked) => explainErrors(asked, asked.thresholds.error_critical_percent),
  no_recent_activity: ({ facts, thresholds, nowMs }) => {
    const value = Math.floor((nowMs - (facts.last_call_ms ?? nowMs)) / hourMs)
    const baseline = dailyMean(facts.week_calls)
    return {
      value,
      threshold: thresholds.silent_hours,
      baseline,
      sentence: `no call for ${formatSilence(value)}; before that ${formatNumber(baseline)} a day`,
    }
  },
  error_rate_warning: (asked) => explainErrors(asked, asked.thresholds.error_warning_percent),
  reduced_activity: ({ facts, thresholds, nowMs, sinceMs }) => {
    const baseline = dailyMean(facts.baseline_calls)
    return {
      value: facts.calls,
      threshold: (facts.baseline_calls / baselineDays) * (thresholds.reduced_percent / 100),
      baseline,
      sentence: `${formatNumber(facts.calls)} calls in 24 h, below ${formatNumber(thresholds.reduced_percent, 3)} % of the usual ${formatNumber(baseline)} a day, ${formatSince(sinceMs, nowMs)}`,
    }
  },
  all_well: ({ facts, thresholds }) => {
    const value = errorRate(facts, thresholds)
    const rate = value === null ? '' : `, error rate ${formatPercent(value)}`
    return { ...none, sentence: `${formatNumber(facts.calls)} ${facts.calls === 1 ? 'call' : 'calls'} in 24 h${rate}` }
  },
}

/** A rule that holds, as machines and people read it: what was measured, against what, since when. */
export const explainRule = (rule: HealthRule, asked: Asked): HealthCause => ({
  rule,
  ...measure[rule](asked),
  since: new Date(asked.sinceMs).toISOString(),
})
