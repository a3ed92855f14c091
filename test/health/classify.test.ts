import { healthRules, healthStatuses } from '@countersign/contract/health.ts'
import { lifecycleStatuses } from '@countersign/contract/tenants.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../server/src/config.ts'
import { classify, errorRate, type Facts, hourMs } from '../../server/src/health/classify.ts'
import { explainRule } from '../../server/src/health/explain.ts'
import { percentile } from '../../server/src/health/percentiles.ts'
import { placeOf } from '../../server/src/health/place.ts'
import { newThresholds } from '../../server/src/health/thresholds.ts'

const config = (health = '') =>
  parseConfig(
    `gateway: { upstream: 'https://a.test', upstream_audience: a, routes: [{ method: GET, path: /a, scope: 'a:read' }], presets: { read_only: ['a:read'] } }
directory: { connector: { url: 'https://a.test', audience: a } }
${health}`,
    'test',
  ).health

const thresholdsOf = newThresholds(config())
const thresholds = thresholdsOf({ tenant_id: 'ten_a', plan: null })
const now = Date.parse('2026-11-29T14:30:20Z')
const minute = Math.floor(now / 60_000) * 60_000
const busy: Facts = {
  status: 'active',
  signals: 'live',
  calls: 1_000,
  errors: 0,
  last_call_ms: minute,
  baseline_calls: 7_000,
  week_calls: 7_000,
}
const judge = (facts: Partial<Facts>, held = thresholds) => classify(now, { ...busy, ...facts }, held)

const anyFacts = fc
  .record({
    status: fc.constantFrom(...lifecycleStatuses),
    signals: fc.constantFrom('live' as const, 'live' as const, 'stale' as const, 'none' as const),
    calls: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 10 ** 12 })),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    last_call_ms: fc.option(fc.integer({ min: 0, max: 400 * 24 * 60 }).map((ago) => minute - ago * 60_000)),
    baseline_calls: fc.integer({ min: 0, max: 10 ** 12 }),
    week_calls: fc.integer({ min: 0, max: 60 }),
  })
  .map(({ share, ...facts }): Facts => ({ ...facts, errors: Math.floor(facts.calls * share) }))

describe('X9 the order of the rules', () => {
  it.each([
    ['not live comes before everything', { status: 'suspended', signals: 'none', last_call_ms: null }, 'unknown', ['not_live']],
    ['no signal comes before what a tenant shows', { signals: 'stale', errors: 1_000 }, 'unknown', ['no_signal']],
    ['no source at all is the same', { signals: 'none', last_call_ms: null }, 'unknown', ['no_signal']],
    ['too little data comes before errors', { week_calls: 19, calls: 19, errors: 19 }, 'unknown', ['too_little_data']],
    ['errors of critical before silence', { errors: 100 }, 'critical', ['error_rate_critical']],
    ['silence', { calls: 0, last_call_ms: minute - 24 * hourMs }, 'critical', ['no_recent_activity']],
    ['errors of warning', { errors: 20 }, 'warning', ['error_rate_warning']],
    ['both warnings, the errors first', { errors: 10, calls: 499 }, 'warning', ['error_rate_warning', 'reduced_activity']],
    ['critical and reduced', { errors: 100, calls: 100 }, 'critical', ['error_rate_critical', 'reduced_activity']],
    ['nothing', {}, 'healthy', ['all_well']],
  ] as const)('%s', (_, facts, health, rules) => {
    expect(judge(facts)).toEqual({ health, rules })
  })

  it('thresholds on the line: 10 % is critical, 2 % is a warning, half is not reduced', () => {
    expect(judge({ errors: 100 }).health).toBe('critical')
    expect(judge({ errors: 99 }).health).toBe('warning')
    expect(judge({ errors: 20 }).health).toBe('warning')
    expect(judge({ errors: 19 }).health).toBe('healthy')
    expect(judge({ calls: 500 }).health).toBe('healthy')
    expect(judge({ calls: 499 }).rules).toEqual(['reduced_activity'])
    // 3,499 a week: the half of a day is 249.93.
    expect(judge({ calls: 250, baseline_calls: 3_499 }).health).toBe('healthy')
    expect(judge({ calls: 249, baseline_calls: 3_499 }).health).toBe('warning')
  })

  it('an error rate needs 20 calls, and so does a judgement', () => {
    expect(judge({ calls: 19, errors: 19, baseline_calls: 0 }).health).toBe('healthy')
    expect(judge({ calls: 20, errors: 20, baseline_calls: 0 }).health).toBe('critical')
    expect(errorRate({ calls: 19, errors: 19 }, thresholds)).toBeNull()
    expect(judge({ week_calls: 20 }).health).toBe('healthy')
    expect(judge({ week_calls: 19 }).health).toBe('unknown')
  })

  it('silence to the minute: a call 23 h 59 min ago is activity, one 24 h ago is not', () => {
    expect(judge({ calls: 600, last_call_ms: minute - 24 * hourMs + 60_000 }).health).toBe('healthy')
    expect(judge({ calls: 0, last_call_ms: minute - 24 * hourMs }).health).toBe('critical')
  })

  it('X15 whoever fell silent stays critical, however long ago, unless nothing is heard of anybody', () => {
    for (const days of [1, 8, 400]) {
      const silent = { calls: 0, baseline_calls: 0, last_call_ms: minute - days * 24 * hourMs }
      expect(judge(silent).rules).toEqual(['no_recent_activity'])
      expect(judge({ ...silent, signals: 'stale' }).health).toBe('unknown')
    }
  })

  it('X13 pending, suspended and closed tenants are unknown, "not live", whatever they show', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const isLive = ['active', 'trial', 'onboarding'].includes(facts.status)
        expect(classify(now, facts, thresholds).rules[0] === 'not_live').toBe(!isLive)
      }),
    )
  })

  it('C15–C18 for any facts: one status, by its first rule; unknown is never critical; no division by zero', () => {
    const statusOf = {
      error_rate_critical: 'critical',
      no_recent_activity: 'critical',
      error_rate_warning: 'warning',
      reduced_activity: 'warning',
    }
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { health, rules } = classify(now, facts, thresholds)
        const order = rules.map((rule) => healthRules.indexOf(rule))
        expect(order).toEqual(order.toSorted((a, b) => a - b))
        const first = rules[0]
        const wanted = first in statusOf ? statusOf[first as keyof typeof statusOf] : first === 'all_well' ? 'healthy' : 'unknown'
        expect(health).toBe(wanted)
        const isUnknown = facts.last_call_ms === null || facts.week_calls < 20 || facts.signals !== 'live'
        if (isUnknown) expect(health).toBe('unknown')
        const rate = errorRate(facts, thresholds)
        expect(rate === null || (rate >= 0 && rate <= 100)).toBe(true)
        if (facts.calls < 20) expect(rate).toBeNull()
      }),
      { numRuns: 500 },
    )
  })
})

describe('X9 thresholds are configured', () => {
  it('for everybody, a plan, a tenant; the nearest wins', () => {
    const of = newThresholds(
      config(`health:
  error_critical_percent: 20
  plans: { enterprise: { error_critical_percent: 5, silent_hours: 2 } }
  tenants: { ten_a: { error_critical_percent: 1, error_warning_percent: 0.5 } }`),
    )
    expect(of({ tenant_id: 'ten_b', plan: 'team' })).toMatchObject({ error_critical_percent: 20, silent_hours: 24 })
    expect(of({ tenant_id: 'ten_b', plan: 'enterprise' })).toMatchObject({ error_critical_percent: 5, silent_hours: 2 })
    expect(of({ tenant_id: 'ten_a', plan: 'enterprise' })).toMatchObject({ error_critical_percent: 1, silent_hours: 2 })
    expect(of({ tenant_id: 'ten_a', plan: 'constructor' })).toMatchObject({ error_critical_percent: 1, silent_hours: 24 })
    const hasty = of({ tenant_id: 'ten_b', plan: 'enterprise' })
    expect(judge({ last_call_ms: minute - 2 * hourMs }, hasty).rules).toEqual(['no_recent_activity'])
    expect(judge({ last_call_ms: minute - 2 * hourMs + 60_000 }, hasty).health).toBe('healthy')
  })

  it.each([
    ['health: { error_warning_percent: 11 }', 'must not need more errors'],
    ['health: { plans: { team: { error_critical_percent: 1 } } }', 'must not need more errors'],
    ['health: { silent_hours: 0 }', 'silent_hours'],
    ['health: { error_critical_percent: 0 }', 'error_critical_percent'],
    ['health: { plans: { team: { stale_minutes: 3 } } }', 'unknown key'],
    ['health: { tenants: { "a b": {} } }', 'health.tenants'],
  ])('%s is refused', (text, message) => {
    expect(() => config(text)).toThrow(message)
  })
})

describe('M13 each health has causes that a machine can read, with a sentence', () => {
  const explain = (facts: Partial<Facts>, sinceMs = Date.parse('2026-11-29T14:02:00Z')) => {
    const all = { ...busy, ...facts }
    return explainRule(classify(now, all, thresholds).rules[0], { facts: all, thresholds, nowMs: now, sinceMs })
  }
  it.each([
    [{ errors: 124 }, 'error rate 12.4 % ≥ 10 % over 24 h, since 14:02 UTC', 12.4, 10, null],
    [{ errors: 20 }, 'error rate 2 % ≥ 2 % over 24 h, since 14:02 UTC', 2, 2, null],
    [{ calls: 0, last_call_ms: minute - 26 * hourMs, week_calls: 8_680 }, 'no call for 26 h; before that 1,240 a day', 26, 24, 1240],
    [{ calls: 0, last_call_ms: minute - 8 * 24 * hourMs, week_calls: 8_680 }, 'no call for 8 days; before that 1,240 a day', 192, 24, 1240],
    [{ calls: 499 }, '499 calls in 24 h, below 50 % of the usual 1,000 a day, since 14:02 UTC', 499, 500, 1000],
    [{ week_calls: 3 }, 'too little data: 3 calls in the seven days before the last one, fewer than 20', 3, 20, null],
    [{ last_call_ms: null, week_calls: 0 }, 'too little data: no call seen yet', 0, 20, null],
    [{ status: 'suspended' as const }, 'not live: the tenant is suspended', null, null, null],
    [{ signals: 'stale' as const }, 'no signal: no source has sent anything for a while', null, null, null],
    [{ errors: 19 }, '1,000 calls in 24 h, error rate 1.9 %', null, null, null],
  ])('%j', (facts, sentence, value, threshold, baseline) => {
    expect(explain(facts)).toEqual({ rule: expect.any(String), sentence, value, threshold, baseline, since: '2026-11-29T14:02:00.000Z' })
  })

  it('names the day of what began on another one, and never rounds up to a line', () => {
    expect(explain({ errors: 124 }, Date.parse('2026-11-27T09:05:00Z')).sentence).toContain('since 2026-11-27 09:05 UTC')
    expect(explain({ calls: 100_000, errors: 1_999, baseline_calls: 0 }).sentence).toContain('1.9 %')
  })

  it('has a sentence for any facts', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const rule of classify(now, facts, thresholds).rules) {
          const { sentence, value } = explainRule(rule, { facts, thresholds, nowMs: now, sinceMs: now })
          expect(sentence).not.toMatch(/NaN|Infinity|undefined|null/)
          expect(value === null || Number.isFinite(value)).toBe(true)
        }
      }),
    )
  })
})

describe('the worst first', () => {
  it('goes by health, and among equals by what is newest', () => {
    const places = healthStatuses.flatMap((health) => [now, now - 86_400_000, 0].map((since) => placeOf(health, since)))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(new Set(places).size).toBe(places.length)
  })
})

describe('percentiles of latency', () => {
  it('lie within the bucket that they fall into, whatever the bounds of the sources', () => {
    expect(
      percentile(
        [
          [0, 100, 50],
          [100, 200, 50],
        ],
        0.5,
      ),
    ).toBe(100)
    expect(percentile([[0, 100, 100]], 0.95)).toBe(95)
    expect(
      percentile(
        [
          [0, 100, 10],
          [100, null, 90],
        ],
        0.95,
      ),
    ).toBe(100)
    expect(
      percentile(
        [
          [0, 100, 50],
          [0, 50, 50],
        ],
        0.5,
      ),
    ).toBeCloseTo(33.33, 1)
    expect(percentile([], 0.5)).toBeNull()
  })

  it('never leave the bounds, and p50 is never above p95', () => {
    const buckets = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100 })), {
      minLength: 1,
      maxLength: 20,
    })
    fc.assert(
      fc.property(buckets, (drawn) => {
        const given = drawn.map(([lower, width, calls]) => [lower, lower + width, calls] as [number, number, number])
        const p50 = percentile(given, 0.5) as number
        const p95 = percentile(given, 0.95) as number
        expect(p50).toBeLessThanOrEqual(p95)
        expect(p50).toBeGreaterThanOrEqual(Math.min(...given.map(([lower]) => lower)))
        expect(p95).toBeLessThanOrEqual(Math.max(...given.map(([, upper]) => upper)))
      }),
    )
  })
})
