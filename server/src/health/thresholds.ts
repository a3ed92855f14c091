import type { ConfigFile } from '../config.ts'

/** What one tenant's health is held against. */
export type Thresholds = Omit<ConfigFile['health'], 'stale_minutes' | 'plans' | 'tenants'>

/** Those that hold for a tenant: its own, else its plan's, else everybody's. */
export const newThresholds = ({ plans, tenants, stale_minutes: _, ...all }: ConfigFile['health']) => {
  const byPlan = new Map(Object.entries(plans).map(([plan, own]) => [plan, { ...all, ...own } as Thresholds]))
  const byTenant = new Map(Object.entries(tenants))
  return ({ tenant_id, plan }: { tenant_id: string; plan: string | null }): Thresholds => {
    const ofPlan = (plan === null ? undefined : byPlan.get(plan)) ?? all
    const own = byTenant.get(tenant_id)
    return own ? ({ ...ofPlan, ...own } as Thresholds) : ofPlan
  }
}
