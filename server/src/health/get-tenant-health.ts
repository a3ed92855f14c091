import type { HealthCause, HealthStatus, ReadTenantHealth, TenantHealth } from '@countersign/contract/health.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import { miss } from '../access/deny.ts'
import { actorOf } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { formatHealth, formatTraffic, type StoredTenant } from './format-row.ts'
import { historyDays } from './partitions.ts'
import type { OverviewCtx } from './read-overview.ts'
import { readState } from './read-state.ts'
import { readDetails, readSeries } from './read-traffic.ts'
import { storedColumns } from './select-overview.ts'
import { newThresholds } from './thresholds.ts'

const changesShown = 200

const findRow = async (db: Kysely<Tables>, tenantId: string): Promise<StoredTenant | undefined> => {
  const { rows } = await sql<StoredTenant>`select ${storedColumns} from tenant_health t where tenant_id = ${tenantId}`.execute(db)
  const [row] = rows
  if (!row?.deleted_at) return row
  // Nobody judges it any more.
  return { ...row, status: 'closed', health: 'unknown', rules: ['not_live'], rules_since: [row.deleted_at], since: row.deleted_at }
}

const readHistory = async (db: Kysely<Tables>, n: number): Promise<TenantHealth['history']> => {
  const { rows } = await sql<{ at: Date; health: HealthStatus; cause: HealthCause }>`
    select at, health, cause from health_history
    where n = ${n} and at >= clock_timestamp() - make_interval(days => ${historyDays}) order by at desc limit ${changesShown}`.execute(db)
  return rows.map(({ at, health, cause }) => ({ at: at.toISOString(), status: health, cause }))
}

/** What one tenant's traffic shows, and how its health came about. It says nothing of persons, so it leaves no event, as the lists do. */
export const getTenantHealth = verb({
  name: "read a tenant's health",
  may: consoleRoles,
  named: ({ tenant_id }: { tenant_id: string } & ReadTenantHealth) => ({ tenant_id }),
  run: async (ctx: OverviewCtx, { tenant_id, window }): Promise<TenantHealth> => {
    const { health } = ctx.config
    const found = await transaction(
      ctx.store,
      async (tx): Promise<TenantHealth | undefined> => {
        const row = await findRow(tx, tenant_id)
        if (!row) return undefined
        const state = await readState(tx, health.stale_minutes)
        const thresholds = newThresholds(health)(row)
        const span = { n: row.n, window, state }
        return {
          as_of: new Date(state.nowMs).toISOString(),
          health: formatHealth(row, { thresholds, signals: state.signals.state, nowMs: state.nowMs }),
          traffic: formatTraffic(row, thresholds),
          signals: state.signals,
          series: await readSeries(tx, span),
          ...(await readDetails(tx, span)),
          history: await readHistory(tx, row.n),
        }
      },
      { isolation: 'repeatable read' },
    )
    if (found) return found
    throw miss({
      action: 'TENANT.OPENED',
      actor: actorOf(ctx.principal),
      target: { kind: 'tenant', id: tenant_id },
      note: 'no such tenant in the directory',
    })
  },
})
