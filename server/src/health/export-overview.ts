import type { ExportOverview } from '@countersign/contract/health.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import { verb } from '../access/verb.ts'
import { type Cell, formatCsvRow } from '../csv.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { formatHealth, formatTraffic, type StoredTenant } from './format-row.ts'
import type { OverviewCtx } from './read-overview.ts'
import { readState, type State } from './read-state.ts'
import { selectAll } from './select-overview.ts'
import { newThresholds } from './thresholds.ts'

const rowsAtOnce = 2_000

const names = [
  ...['tenant_id', 'name', 'status', 'plan', 'region', 'users', 'created_at', 'health', 'causes', 'since'],
  ...['calls_24h', 'errors_24h', 'error_rate_percent', 'last_call_at'],
]

const cellsOf = (row: StoredTenant, { signals, nowMs }: State, thresholds: Parameters<typeof formatTraffic>[1]): Cell[] => {
  const { status, causes, since } = formatHealth(row, { thresholds, signals: signals.state, nowMs })
  const { calls_24h, errors_24h, error_rate, last_call_at } = formatTraffic(row, thresholds)
  return [
    ...[row.tenant_id, row.name, row.status, row.plan, row.region, row.user_count, row.created_at.toISOString()],
    ...[status, causes.map(({ sentence }) => sentence).join('; '), since],
    ...[calls_24h, errors_24h, error_rate, last_call_at],
  ]
}

/** The rows that the filter matches, a part at a time, so that other work has its turn in between. */
const partsOf = async function* (tx: Kysely<Tables>, input: ExportOverview): AsyncGenerator<StoredTenant[]> {
  await sql`declare overview no scroll cursor for ${selectAll(input, input)}`.execute(tx)
  for (;;) {
    const { rows } = await sql<StoredTenant>`fetch ${sql.lit(rowsAtOnce)} from overview`.execute(tx)
    if (rows.length === 0) return
    yield rows
  }
}

/** Exactly the rows that the filter shows, all pages of them, in the same order, of one snapshot. */
export const exportOverview = verb({
  name: 'export the overview',
  may: consoleRoles,
  run: async ({ store, config: { health } }: OverviewCtx, input: ExportOverview): Promise<string> => {
    const thresholdsOf = newThresholds(health)
    return await transaction(
      store,
      async (tx) => {
        const state = await readState(tx, health.stale_minutes)
        let text = formatCsvRow(names)
        for await (const rows of partsOf(tx, input)) {
          text += rows.map((row) => formatCsvRow(cellsOf(row, state, thresholdsOf(row)))).join('')
        }
        return text
      },
      { isolation: 'repeatable read' },
    )
  },
})
