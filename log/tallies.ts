import { sameBytes } from './bytes.ts'
import { emptyTally, extendTally, hashTally, type Tally, type TallyEntry } from './tally.ts'
import { createTallyTree, type TallyNodeListener } from './tally-tree.ts'
import type { Hash } from './tree.ts'

/** What an entry of a log says that tallies go by. */
type Fields = { action?: unknown; id?: unknown; occurred_at?: unknown; tenant_id?: unknown; details?: unknown }

/** From `since` on the id is another tenant's: its tally begins anew, at the entry which says so. */
export type Replacement = { index: number; tenant: string; since: string }

const replaced = 'TENANT.DIRECTORY.SYNCED'
export const tallied = 'LOG.TALLIED'

export const readReplacements = (index: number, { action, details }: Fields): Replacement[] => {
  if (action !== replaced) return []
  const { recreated, recreated_at: since } = (details ?? {}) as { recreated?: unknown; recreated_at?: unknown }
  if (!Array.isArray(recreated) || typeof since !== 'string') return []
  return recreated.map((tenant) => ({ index, tenant: String(tenant), since }))
}

/** The tenant that an entry concerns, if it does. */
export const tenantOf = ({ tenant_id }: Fields): string | undefined =>
  typeof tenant_id === 'string' && tenant_id !== '' ? tenant_id : undefined

/** The tallies of a log's tenants, and the root of their map, as entries are added in their order. */
export const createTallies = (hash: Hash) => {
  const known = new Map<string, Tally>()
  const tree = createTallyTree(hash)
  const changed = new Set<string>()
  /** Tallies whose place in the map has another hash by now: computed once for each root. */
  const stale = new Set<string>()

  const put = (tenant: string, tally: Tally): void => {
    const before = known.get(tenant)
    if (before && before.count > 0 && !sameBytes(before.place, tally.place)) tree.delete(before.place)
    known.set(tenant, tally)
    stale.add(tenant)
  }

  return {
    all: (): ReadonlyMap<string, Tally> => known,
    /** What was kept of an earlier time. */
    restore: put,
    /** An entry of a tenant; one of before its tally began is not its own. */
    add(tenant: string, entry: TallyEntry & { occurred_at: string }): void {
      const before = known.get(tenant) ?? emptyTally()
      if (entry.occurred_at < before.since) return
      put(tenant, extendTally(hash, before, entry))
      changed.add(tenant)
    },
    /** Begins a tenant's tally anew, with those entries that are its own already. */
    begin(tenant: string, since: string, entries: readonly TallyEntry[]): void {
      let tally = emptyTally(since)
      for (const entry of entries) tally = extendTally(hash, tally, entry)
      put(tenant, tally)
      changed.add(tenant)
    },
    /** The root of the map. */
    root(onNode?: TallyNodeListener): Uint8Array {
      for (const tenant of stale) {
        const tally = known.get(tenant)
        if (tally && tally.count > 0) tree.set(tally.place, hashTally(hash, tally))
      }
      stale.clear()
      return tree.root(onNode)
    },
    /** Tallies that changed since this was asked last. */
    takeChanged(): [tenant: string, tally: Tally][] {
      const tenants = [...changed]
      changed.clear()
      return tenants.map((tenant) => [tenant, known.get(tenant) as Tally])
    },
  }
}

export type Tallies = ReturnType<typeof createTallies>
