import type { TenantMinute } from '@countersign/contract/health.ts'
import { signalLimits } from '@countersign/contract/signals.ts'
import type { Range, Rates } from './ask.ts'

/**
 * Rates as whole calls. What is left of one step goes on to the next, so that a call that a window spreads over two minutes is one.
 */
export const wholeCalls = (rates: ReadonlyMap<number, number>, { first, last, step }: Range): Map<number, number> => {
  const counts = new Map<number, number>()
  let sum = 0
  let given = 0
  for (let at = first; at <= last; at += step) {
    sum += (rates.get(at) ?? 0) * step
    const calls = Math.max(0, Math.round(sum) - given)
    given += calls
    counts.set(at, Math.min(calls, signalLimits.callsPerMinute))
  }
  return counts
}

const none: ReadonlyMap<number, number> = new Map()

/** What was called in each step of a range, by tenant. Of a tenant that the answer does not name, nothing is said. */
export const countCalls = (source: string, { calls, errors }: { calls: Rates; errors: Rates }, range: Range): TenantMinute[] =>
  [...calls].flatMap(([tenant_id, rates]) => {
    const failed = wholeCalls(errors.get(tenant_id) ?? none, range)
    return [...wholeCalls(rates, range)].map(([at, counted]) => ({
      ...{ tenant_id, source, minute: new Date((at - range.step) * 1_000), calls: counted },
      errors: Math.min(counted, failed.get(at) ?? 0),
    }))
  })
