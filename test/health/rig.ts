import type { TenantMinute } from '@countersign/contract/health.ts'
import { sql } from 'kysely'
import { type ConfigFile, parseConfig } from '../../server/src/config.ts'
import { newJudge, type Pass } from '../../server/src/health/judge.ts'
import { newElected } from '../../server/src/run/elected.ts'
import type { Store } from '../../server/src/store/open.ts'

export const minuteMs = 60_000

/** The database's own minute. */
export const minuteNow = async ({ db }: Pick<Store, 'db'>): Promise<number> => {
  const { rows } = await sql<{ at: Date }>`select date_trunc('minute', clock_timestamp()) as at`.execute(db)
  return (rows[0] as { at: Date }).at.getTime()
}

/** Puts tenants into the mirror. */
export const addTenants = async (
  { db }: Pick<Store, 'db'>,
  tenants: { id: string; status?: string; plan?: string | null }[],
): Promise<void> => {
  await db
    .insertInto('tenants')
    .values(
      tenants.map(({ id, status = 'active', plan = null }) => ({
        id,
        name: `Tenant ${id}`,
        status,
        plan,
        created_at: '2025-01-01T00:00:00Z',
        updated_at: '2025-01-01T00:00:00Z',
      })),
    )
    .execute()
}

/** A tenant-minute; `ago` is in minutes before `now`. */
export const minuteOf = (now: number, tenant_id: string, ago: number, calls: number, errors = 0, source = 'one'): TenantMinute => ({
  tenant_id,
  source,
  minute: new Date(now - ago * minuteMs),
  calls,
  errors,
})

/** Who judges in this process. */
export const newJudging = (store: Store, health: ConfigFile['health'] = healthConfig()) => {
  const elected = newElected({ store, name: 'health', seconds: 30 })
  const judge = newJudge(store, health)
  return {
    /** One pass: all of what was written until now. */
    pass: async (): Promise<Pass> => {
      const pass = await elected.lead(judge)
      if (!pass) throw new Error('somebody else judges')
      return pass
    },
    release: elected.release,
  }
}

/** The section `health` of a configuration, with what it says there. */
export const healthConfig = (text = ''): ConfigFile['health'] =>
  parseConfig(
    `gateway: { upstream: 'https://a.test', upstream_audience: a, routes: [{ method: GET, path: /a, scope: 'a:read' }], presets: { read_only: ['a:read'] } }
directory: { connector: { url: 'https://a.test', audience: a } }
health: { ${text} }`,
    'test',
  ).health
