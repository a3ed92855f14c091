/** An erasure on the log, and how many of the values that are not there it accounts for. */
export type ErasureAccount = { index: number; event_id: string; occurred_at: string; by: string; values: number }

export type DisclosureAccount = {
  /** Disclosures that are there, and are those that the entries commit to. */
  checked: number
  erased: number
  erasures: ErasureAccount[]
  /** Values that are not there, and that no erasure accounts for: a fact, of which the log does not say how it came about. */
  missing: { index: number; member: string }[]
}

type Missing = { index: number; tenant: string; member: string }
type Erasure = ErasureAccount & { tenant: string; through: number; left: Map<string, number> }

type Entry = { action?: unknown; id?: unknown; occurred_at?: unknown; tenant_id?: unknown; actor?: { id?: unknown }; details?: unknown }

const readErasure = (index: number, { id, occurred_at, tenant_id, actor, details }: Entry): Erasure => {
  const { members = {}, through = -1 } = (details ?? {}) as { members?: Record<string, number>; through?: number }
  return {
    index,
    event_id: String(id),
    occurred_at: String(occurred_at),
    by: String(actor?.id),
    values: 0,
    tenant: String(tenant_id ?? ''),
    through,
    left: new Map(Object.entries(members)),
  }
}

/**
 * Counts what lies beside the entries of a log, and what does not any more: an event PERSONAL_DATA.ERASED of the same tenant, or of
 * none, accounts for values of the members that it names, of entries up to `through`, and for so many of each. Entries of one
 * session may commit to one value: it counts once, at the first of them.
 */
export const createAccount = () => {
  const missing = new Map<string, Missing>()
  const erasures: Erasure[] = []
  let checked = 0

  const findErasure = ({ index, tenant, member }: Missing): Erasure | undefined =>
    erasures.find((each) => each.tenant === tenant && index <= each.through && (each.left.get(member) ?? 0) > 0)

  return {
    add(index: number, entry: Entry, found: number, absent: ReadonlyMap<string, string>): void {
      checked += found
      const tenant = String(entry.tenant_id ?? '')
      for (const [member, digest] of absent) if (!missing.has(digest)) missing.set(digest, { index, tenant, member })
      if (entry.action === 'PERSONAL_DATA.ERASED') erasures.push(readErasure(index, entry))
    },
    finish(): DisclosureAccount {
      const unaccounted: DisclosureAccount['missing'] = []
      for (const each of missing.values()) {
        const erasure = findErasure(each)
        if (erasure === undefined) {
          unaccounted.push({ index: each.index, member: each.member })
          continue
        }
        erasure.left.set(each.member, (erasure.left.get(each.member) as number) - 1)
        erasure.values += 1
      }
      return {
        checked,
        erased: missing.size - unaccounted.length,
        erasures: erasures.map(({ index, event_id, occurred_at, by, values }) => ({ index, event_id, occurred_at, by, values })),
        missing: unaccounted,
      }
    },
  }
}
