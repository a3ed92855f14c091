import type {
  Health,
  HealthCause,
  HealthRule,
  HealthStatus,
  Overview,
  TenantHealth,
  TenantHealthRow,
  Traffic,
} from '@countersign/contract/health.ts'
import { healthStatuses } from '@countersign/contract/health.ts'
import type { Insights } from '@countersign/contract/insights.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'

const hour = 3_600_000
const iso = (at: number) => new Date(at).toISOString()
type Signals = 'none' | 'stale' | 'live'

/** A number that looks random, and is the same for the same text. */
const hash = (text: string): number => {
  let sum = 7
  for (const letter of text) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 2654435761) >>> 0
  return ((sum ^ (sum >>> 15)) >>> 0) / 2 ** 32
}

const kindOf = (tenant: Tenant, signals: Signals): HealthRule => {
  if (['pending', 'suspended', 'closed'].includes(tenant.status)) return 'not_live'
  if (signals !== 'live') return 'no_signal'
  const at = hash(tenant.id)
  if (at < 0.03) return 'error_rate_critical'
  if (at < 0.06) return 'no_recent_activity'
  if (at < 0.12) return 'error_rate_warning'
  if (at < 0.16) return 'reduced_activity'
  return at < 0.22 ? 'too_little_data' : 'all_well'
}

const statusOf: Record<HealthRule, HealthStatus> = {
  not_live: 'unknown',
  no_signal: 'unknown',
  too_little_data: 'unknown',
  error_rate_critical: 'critical',
  no_recent_activity: 'critical',
  error_rate_warning: 'warning',
  reduced_activity: 'warning',
  all_well: 'healthy',
}

const hoursOf = (tenant: Tenant, rule: HealthRule): number[] => {
  const size =
    rule === 'no_signal' || rule === 'no_recent_activity' || rule === 'not_live'
      ? 0
      : rule === 'too_little_data'
        ? 0.4
        : 20 + hash(`${tenant.id} size`) ** 3 * 3000
  const shrunk = rule === 'reduced_activity' ? 0.3 : 1
  return Array.from({ length: 24 }, (_, at) =>
    Math.round(size * shrunk * (0.6 + 0.5 * Math.sin((at - 9) / 4) + 0.25 * hash(`${tenant.id} ${at}`))),
  )
}

const rateOf = (tenant: Tenant, rule: HealthRule, calls: number): number | null => {
  if (calls < 20) return null
  const at = hash(`${tenant.id} rate`)
  return rule === 'error_rate_critical' ? 10 + at * 20 : rule === 'error_rate_warning' ? 2 + at * 7 : at * 1.6
}

const sentenceOf = (rule: HealthRule, rate: number | null, tenant: Tenant): string =>
  ({
    not_live: `${tenant.status}: not live`,
    no_signal: 'no signal from any source for 41 min',
    too_little_data: '7 calls in the 7 days before the last one; 20 are needed',
    error_rate_critical: `error rate ${rate?.toFixed(1)} % ≥ 10 % over 24 h`,
    no_recent_activity: 'no call for 26 h; before that 1,240 a day',
    error_rate_warning: `error rate ${rate?.toFixed(1)} % ≥ 2 % over 24 h`,
    reduced_activity: '412 calls in 24 h, less than half of 1,240 a day',
    all_well: 'no rule fires',
  })[rule]

export const rowOf = (tenant: Tenant, signals: Signals): TenantHealthRow => {
  const rule = kindOf(tenant, signals)
  const hours = hoursOf(tenant, rule)
  const calls = hours.reduce((sum, count) => sum + count, 0)
  const rate = rateOf(tenant, rule, calls)
  const since = iso(Date.now() - (2 + hash(`${tenant.id} since`) * 60) * hour)
  const cause = (of: HealthRule): HealthCause => ({
    rule: of,
    value: rate,
    threshold: of === 'error_rate_critical' ? 10 : null,
    baseline: of === 'reduced_activity' || of === 'no_recent_activity' ? 1240 : null,
    since,
    sentence: sentenceOf(of, rate, tenant),
  })
  const causes = [cause(rule), ...(rule === 'error_rate_critical' && hash(`${tenant.id} more`) < 0.5 ? [cause('reduced_activity')] : [])]
  const silent = rule === 'no_signal' || rule === 'not_live'
  return {
    tenant,
    health: { status: statusOf[rule], causes, since },
    traffic: {
      calls_24h: calls,
      errors_24h: Math.round((calls * (rate ?? 0)) / 100),
      error_rate: rate,
      last_call_at: silent ? null : iso(Date.now() - (rule === 'no_recent_activity' ? 26 * hour : hash(`${tenant.id} last`) * 400_000)),
    },
    hours,
  }
}

const order: Record<HealthStatus, number> = { critical: 0, warning: 1, healthy: 2, unknown: 3 }
const keys: Record<string, (row: TenantHealthRow) => string | number | null> = {
  worst: ({ health }) => order[health.status],
  name: ({ tenant }) => tenant.name.toLowerCase(),
  status: ({ tenant }) => tenant.status,
  plan: ({ tenant }) => tenant.plan,
  calls: ({ traffic }) => traffic.calls_24h,
  error_rate: ({ traffic }) => traffic.error_rate,
  last_call_at: ({ traffic }) => traffic.last_call_at,
  created_at: ({ tenant }) => tenant.created_at,
  user_count: ({ tenant }) => tenant.user_count,
}

const signals = (state: Signals): Overview['signals'] => ({
  state,
  last_at: state === 'none' ? null : iso(Date.now() - (state === 'stale' ? 41 * 60_000 : 4_000)),
})

export const overview = (tenants: readonly Tenant[], asked: Record<string, string>, state: Signals) => {
  const rows = tenants.map((tenant) => rowOf(tenant, state))
  const count = (status: HealthStatus) => rows.filter(({ health }) => health.status === status).length
  const text = asked.query?.toLowerCase()
  const found = rows.filter(
    ({ tenant, health }) =>
      (!text || tenant.name.toLowerCase().includes(text) || tenant.id.startsWith(text)) &&
      (!asked.health || health.status === asked.health) &&
      (!asked.status || tenant.status === asked.status) &&
      (!asked.plan || tenant.plan === asked.plan),
  )
  const key = keys[asked.sort ?? 'worst'] ?? keys.worst
  const sign = asked.order === 'desc' ? -1 : 1
  found.sort((a, b) => {
    const [x, y] = [key?.(a) ?? null, key?.(b) ?? null]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return x === y ? 0 : (x < y ? -1 : 1) * sign
  })
  return {
    rows: found,
    as_of: iso(Date.now()),
    cards: {
      total: rows.length,
      ...(Object.fromEntries(healthStatuses.map((status) => [status, count(status)])) as Record<HealthStatus, number>),
    },
    matching: found.length,
    plans: [...new Set(tenants.flatMap(({ plan }) => (plan === null ? [] : [plan])))].sort(),
    signals: signals(state),
  }
}

const pointsOf = (row: { hours: number[]; traffic: Traffic }, window: string) => {
  const hours = window === '7d' ? 168 : 24
  const rate = (row.traffic.error_rate ?? 0) / 100
  const from = Math.floor(Date.now() / hour) * hour - (hours - 1) * hour
  return Array.from({ length: hours }, (_, at) => {
    const calls = Math.round((row.hours[at % 24] ?? 0) * (0.8 + 0.4 * hash(`${at}`)))
    return { at: iso(from + at * hour), calls, errors: Math.round(calls * rate * 2 * hash(`${at} errors`)) }
  })
}

export const tenantHealth = (tenant: Tenant, window: string, state: Signals): TenantHealth => {
  const row = rowOf(tenant, state)
  const change = (at: number, of: Health): TenantHealth['history'][number] => ({
    at: iso(at),
    status: of.status,
    cause: of.causes[0] as HealthCause,
  })
  const isFailing = row.traffic.errors_24h > 0
  return {
    as_of: iso(Date.now()),
    health: row.health,
    traffic: row.traffic,
    signals: signals(state),
    series: { step_seconds: 3600, points: pointsOf(row, window) },
    routes: isFailing
      ? [
          { method: 'POST', route: '/v1/exports', status: 500, calls: 842, errors: 311 },
          { method: 'GET', route: '/v1/attestations/:id', status: 502, calls: 5120, errors: 97 },
          { method: 'GET', route: '/v1/reports/:year/:month/:day/with/a/very/long/route/indeed', status: 503, calls: 311, errors: 12 },
        ]
      : [],
    latency_ms: state === 'live' ? { p50: 24, p95: 312 } : null,
    history: [
      change(Date.parse(row.health.since), row.health),
      change(Date.now() - 9 * 24 * hour, {
        status: 'healthy',
        since: '',
        causes: [{ rule: 'all_well', value: null, threshold: null, baseline: null, since: iso(0), sentence: 'no rule fires' }],
      }),
    ],
  }
}

export const insights = (count: number, isEmpty: boolean): Insights => {
  const day = 24 * hour
  const today = new Date()
  const monday = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() - ((today.getUTCDay() + 6) % 7))
  const some = (seed: string, most: number) => (isEmpty ? 0 : Math.round(hash(seed) * most))
  return {
    as_of: iso(Date.now()),
    weeks: Array.from({ length: count }, (_, at) => {
      const from = monday - (count - 1 - at) * 7 * day
      return {
        from: iso(from),
        to: iso(from + 7 * day),
        opened_on_tenant: some(`a${at}`, 60),
        opened_on_user: some(`b${at}`, 25),
        avoided: some(`c${at}`, 30),
        median_minutes: isEmpty ? null : 4 + hash(`d${at}`) * 20,
        denied: some(`e${at}`, 18),
        decided: some(`f${at}`, 9),
        median_decision_minutes: isEmpty || at % 4 === 0 ? null : 3 + hash(`g${at}`) * 90,
        reasons: isEmpty
          ? []
          : [
              { reason: 'Export came out empty', count: 4 + some(`r${at}`, 5) },
              { reason: 'Customer cannot sign in after the change of their identity provider', count: 3 },
              { reason: 'Invoice shows a wrong address', count: 1 },
            ],
      }
    }),
    gates: isEmpty
      ? []
      : ['ticket', 'approval', 'reason', 'reason_too_short'].map((gate) => ({
          gate,
          counts: Array.from({ length: count }, (_, at) => some(`${gate}${at}`, 8)),
        })),
  }
}
