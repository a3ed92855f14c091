import type { TenantMinute } from '@countersign/contract/health.ts'
import { signalLimits } from '@countersign/contract/signals.ts'
import { type ErrorRule, isError } from '../errors.ts'
import { bounds } from './buckets.ts'
import type { Point } from './points.ts'

type Counted = Pick<Point, 'calls' | 'buckets'>

/** A point, and the one before it of the same series and the same start. */
export type Step = { point: Omit<Point, 'hash'>; before: Counted | null }

const minuteUs = 60e6
/** A process that began so recently has sent nothing that was not heard. */
const youngUs = 600e6

/** The minute in which a point's calls count, since the epoch: a point covers the time up to it. */
export const minuteOf = (atUs: number): number => Math.floor((atUs - 1) / minuteUs)

const subtract = (point: Counted, before: Counted): Counted => ({
  calls: point.calls - before.calls,
  buckets: point.buckets.map((calls, n) => Math.max(0, calls - (before.buckets[n] ?? 0))),
})

/**
 * What a point adds to the one before it. A value that falls began again. The first of a series began at zero, unless its source was
 * never heard before and has run for long: then nobody knows when all that was.
 */
export const increaseOf = ({ point, before }: Step, firstUs: number): Counted => {
  if (point.is_delta) return point
  if (before) return point.calls >= before.calls ? subtract(point, before) : point
  const isYoung = point.started_us > 0 && point.at_us - point.started_us <= youngUs
  return isYoung || firstUs < point.at_us ? point : { calls: 0, buckets: [] }
}

type Route = NonNullable<TenantMinute['routes']>[number]
type Sum = { tenant_id: string; minute: number; calls: number; errors: number; routes: Map<string, Route>; buckets: number[] }

const addRoute = ({ routes }: Sum, { method, route, status }: Step['point'], calls: number): void => {
  const key = JSON.stringify([method, route, status])
  const known = routes.get(key) ?? { method, route: route ?? 'no route', status, calls: 0, errors: 0 }
  routes.set(key, { ...known, calls: known.calls + calls, errors: known.errors + calls })
}

const add = (sum: Sum, { point }: Step, { calls, buckets }: Counted, errors: ErrorRule): void => {
  sum.calls += calls
  for (const [n, more] of buckets.entries()) sum.buckets[n] = (sum.buckets[n] ?? 0) + more
  if (calls === 0 || !isError(errors, point.status)) return
  sum.errors += calls
  addRoute(sum, point, calls)
}

/** Those that failed most; of two that failed alike, always the same one. */
const worst = (routes: Map<string, Route>): Route[] =>
  [...routes]
    .sort(([a, one], [b, other]) => other.errors - one.errors || (a < b ? -1 : 1))
    .slice(0, signalLimits.routesPerMinute)
    .map(([, route]) => route)

const format = (source: string, sum: Sum): TenantMinute => {
  const latency = sum.buckets.map((calls, n) => ({ upper_ms: bounds[n] ?? Number.POSITIVE_INFINITY, calls }))
  return {
    tenant_id: sum.tenant_id,
    source,
    minute: new Date(sum.minute * 60_000),
    calls: Math.min(sum.calls, signalLimits.callsPerMinute),
    errors: Math.min(sum.errors, signalLimits.callsPerMinute),
    ...(sum.routes.size > 0 ? { routes: worst(sum.routes) } : {}),
    ...(latency.length > 0 ? { latency } : {}),
  }
}

/** The minutes that these steps make up. Their order does not matter. */
export const foldSteps = (
  steps: Iterable<Step>,
  { source, firstUs, errors }: { source: string; firstUs: number; errors: ErrorRule },
): TenantMinute[] => {
  const sums = new Map<string, Sum>()
  for (const step of steps) {
    const { tenant_id, at_us } = step.point
    const minute = minuteOf(at_us)
    const key = `${minute} ${tenant_id}`
    const sum = sums.get(key) ?? { tenant_id, minute, calls: 0, errors: 0, routes: new Map(), buckets: [] }
    sums.set(key, sum)
    add(sum, step, increaseOf(step, firstUs), errors)
  }
  return [...sums.values()].map((sum) => format(source, sum))
}
