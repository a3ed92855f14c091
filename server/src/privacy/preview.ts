import type { Store } from '../store/open.ts'
import type { Extent } from './phases.ts'
import { phasesOf, type Selector } from './selector.ts'

/** What would be erased: how many values of which member of which event, the oldest and the newest of them. */
export type Preview = {
  rows: { action: string; member: string; count: number; oldest: Date; newest: Date }[]
  count: number
  tenants: string[]
}

const valuesPerRead = 2_000

export const previewErasure = async (store: Pick<Store, 'db'>, selector: Selector, extent: Extent): Promise<Preview> => {
  const rows = new Map<string, Preview['rows'][number]>()
  const tenants = new Set<string>()
  const seen = new Set<string>()
  for (const phase of await phasesOf(store, selector)) {
    for await (const found of phase(store, extent, valuesPerRead)) {
      for (const { holder, member, tenant_id, action, at } of found) {
        // Events of a session share values.
        if (seen.has(`${holder} ${member}`)) continue
        seen.add(`${holder} ${member}`)
        if (tenant_id !== null) tenants.add(tenant_id)
        const row = rows.get(`${action} ${member}`) ?? { action, member, count: 0, oldest: at, newest: at }
        const oldest = at < row.oldest ? at : row.oldest
        const newest = at > row.newest ? at : row.newest
        rows.set(`${action} ${member}`, { ...row, count: row.count + 1, oldest, newest })
      }
    }
  }
  const sorted = [...rows.values()].sort((a, b) => (`${a.action} ${a.member}` < `${b.action} ${b.member}` ? -1 : 1))
  return { rows: sorted, count: seen.size, tenants: [...tenants].sort() }
}
