import type { TenantMinute } from '@countersign/contract/health.ts'
import { sql } from 'kysely'
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
