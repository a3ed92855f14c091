import type { Overview, ReadOverview } from '@countersign/contract/health.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import type { ConfigFile } from '../config.ts'
import { formatPlace, parsePlace } from '../directory/cursor.ts'
import { readDirectory } from '../directory/read-directory.ts'
import { transaction } from '../store/transaction.ts'
import { formatHealth, formatTenant, formatTraffic } from './format-row.ts'
import { readHours } from './read-hours.ts'
import { readState } from './read-state.ts'
import { readCounts, selectPage } from './select-overview.ts'
import { newThresholds } from './thresholds.ts'

export type OverviewCtx = Ctx<StaffPrincipal> & { config: Pick<ConfigFile, 'health'> }

/** All tenants with what their traffic shows, a page at a time. Cards, counts and rows are of one snapshot, so they agree (C7). */
export const readOverview = verb({
  name: 'read the overview',
  may: consoleRoles,
  run: async ({ store, config: { health } }: OverviewCtx, input: ReadOverview): Promise<Overview> => {
    const place = input.cursor === undefined ? undefined : parsePlace(input.cursor, input.sort, input.order)
    const thresholdsOf = newThresholds(health)
    return await transaction(
      store,
      async (tx) => {
        const state = await readState(tx, health.stale_minutes)
        const { matching: counted, plans, ...cards } = await readCounts(tx, input)
        const counts = { ...cards, plans, matching: counted }
        const selected = await selectPage(tx, { filter: input, order: input, place, limit: input.limit, counts })
        const rows = selected.rows.slice(0, input.limit)
        const hours = await readHours(
          tx,
          state,
          rows.map(({ n }) => n),
        )
        const last = rows.at(-1)
        return {
          items: rows.map((row) => {
            const thresholds = thresholdsOf(row)
            return {
              tenant: formatTenant(row),
              health: formatHealth(row, { thresholds, signals: state.signals.state, nowMs: state.nowMs }),
              traffic: formatTraffic(row, thresholds),
              hours: hours.get(row.n) ?? [],
            }
          }),
          next_cursor:
            last && selected.rows.length > input.limit
              ? formatPlace(input.sort, input.order, { key: last.place, id: last.tenant_id })
              : null,
          as_of: new Date(state.nowMs).toISOString(),
          cards,
          matching: selected.matching,
          plans,
          signals: state.signals,
          ...(await readDirectory(tx)),
        }
      },
      { isolation: 'repeatable read' },
    )
  },
})
