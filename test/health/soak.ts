import type { TenantMinute } from '@countersign/contract/health.ts'

/** What each tenant shows in a minute (since 1970): anybody can compute it again. */
export const callsOf = (at: number, minute: number): number => 1 + ((at * 7 + minute) % 50)

/** Signals of all tenants in one minute. */
export const signalsOf = (minute: number, tenants: number): TenantMinute[] =>
  Array.from({ length: tenants }, (_, at) => ({
    tenant_id: `ten_${at}`,
    source: 'soak',
    minute: new Date(minute * 60_000),
    calls: callsOf(at, minute),
    errors: callsOf(at, minute) % 25 === 0 ? 1 : 0,
  }))
