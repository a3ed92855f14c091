import { formatBase64 } from './bytes.ts'
import { createTallies, type Replacement, readReplacements, tallied, tenantOf } from './tallies.ts'
import type { Tally, TallyEntry } from './tally.ts'
import type { Hash } from './tree.ts'
import type { Finding } from './verifier.ts'

type Fields = Parameters<typeof tenantOf>[0]

/**
 * Computes the tallies of a log from its entries, in their order, and compares their root with each that stands in it. What
 * replaces a tenant's tally is told beforehand: some of the new one's entries may stand before the entry that says so. `signed` is the
 * size of the newest checkpoint, which the tallies of its tenants have to end. A running log has the next ones before they are signed.
 */
export const createTallyCheck = (hash: Hash, upcoming: readonly Replacement[], signed: number) => {
  const tallies = createTallies(hash)
  const drafts = upcoming.map((each) => ({ ...each, entries: [] as TallyEntry[] }))
  /** What came since the last root. */
  let waiting: (() => void)[] = []
  let sound = 0
  let isEnded = signed === 0
  let departure: Finding | undefined

  const compare = (index: number, details: unknown): void => {
    isEnded ||= index === signed - 1
    for (const add of waiting) add()
    waiting = []
    const { root, size } = (details ?? {}) as { root?: unknown; size?: unknown }
    const ours = formatBase64(tallies.root())
    if (departure) return
    if (size === index && root === ours) {
      sound = index + 1
      return
    }
    const reason = `The root of the tallies of the first ${index} entries is ${ours}, but the log says ${String(root)} of ${String(size)}.`
    departure = { code: 'tally_mismatch', from: sound, to: index + 1, reason }
  }

  return {
    /** The tallies as the last root has them. */
    kept: (): ReadonlyMap<string, Tally> => tallies.all(),
    add(index: number, fields: Fields, leafHash: Uint8Array): void {
      if (fields.action === tallied) compare(index, fields.details)
      for (const { tenant, since } of readReplacements(index, fields)) {
        const draft = drafts.find((each) => each.index === index && each.tenant === tenant)
        waiting.push(() => tallies.begin(tenant, since, draft?.entries ?? []))
      }
      const tenant = tenantOf(fields)
      if (tenant === undefined) return
      const entry = { leafHash, id: String(fields.id), occurred_at: String(fields.occurred_at) }
      for (const draft of drafts)
        if (draft.tenant === tenant && index < draft.index && entry.occurred_at >= draft.since) draft.entries.push(entry)
      waiting.push(() => tallies.add(tenant, entry))
    },
    /** What is wrong with the tallies of the log, if anything is. */
    finish(): Finding[] {
      if (departure) return [departure]
      if (isEnded) return []
      return [
        { code: 'tally_mismatch', reason: `What was signed last has ${signed} entries, and does not end with the tallies of its tenants.` },
      ]
    },
  }
}
