import type { LoggedEvent } from '@countersign/contract/events.ts'
import { digestsIn, formatDisclosure, reveal } from '@countersign/log/disclosure.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { type DisclosureRow, digestOfRow } from './commit.ts'
import { findErasure, readErasures } from './erasures.ts'

export type BodyRow = { log_index: string; body: string }

/** What of an entry names where its values are kept. */
export type Entry = { id: string; erasable?: Record<string, string>; session_id?: string; tenant_id?: string; request?: { id: string } }
type Row = Pick<DisclosureRow, 'holder' | 'member' | 'salt' | 'value'> & { digest: string }

/** Where the values of an entry may be kept: each of its members in one of these. */
export const holdersOf = ({ id, request, session_id }: Entry): string[] =>
  [id, request?.id, session_id].filter((holder) => holder !== undefined)

/** What lies beside entries. */
export const readDisclosures = async (db: Kysely<Tables>, entries: readonly Entry[]) => {
  const holders = [...new Set(entries.filter(({ erasable }) => erasable).flatMap(holdersOf))]
  const found =
    holders.length === 0
      ? []
      : await db
          .selectFrom('disclosures')
          .select(['holder', 'member', 'salt', 'value'])
          .where(sql<boolean>`holder = any(${holders}::text[])`)
          .execute()
  const rows = found.map((row): Row => ({ ...row, digest: digestOfRow(row) }))
  const byHolder = Map.groupBy(rows, ({ holder }) => holder)
  return {
    /** The value that the entry commits to; one that its digest does not name is as if it were not there. */
    find: (entry: Entry, member: string, digest: string): Row | undefined => {
      for (const holder of holdersOf(entry)) {
        const kept = byHolder.get(holder)?.find((row) => row.member === member && row.digest === digest)
        if (kept) return kept
      }
      return undefined
    },
    /** All that is kept for a holder, whatever it is. */
    keptFor: (holder: string): readonly Row[] => byHolder.get(holder) ?? [],
  }
}

const format = (row: Row): string => formatDisclosure({ ...row, name: row.member })

/** For each entry its disclosures: those that it commits to, and whatever else is kept for it alone. */
export const readBeside = async (db: Kysely<Tables>, bodies: readonly string[]): Promise<string[][]> => {
  const entries = bodies.map((body) => JSON.parse(body) as Entry)
  const beside = await readDisclosures(db, entries)
  return entries.map((entry) => {
    const committed = [...digestsIn(entry)].flatMap(([member, digest]) => beside.find(entry, member, digest) ?? [])
    return [...new Set([...committed, ...beside.keptFor(entry.id)])].map(format)
  })
}

/** An entry with the values that it commits to in place, the names of those that are not there, and the disclosures behind them. */
export type Revealed = { log_index: number; body: string; entry: Entry; event: object; erased: string[]; disclosures: string[] }

export const revealAll = async (db: Kysely<Tables>, rows: readonly BodyRow[]): Promise<Revealed[]> => {
  const entries = rows.map(({ body }) => JSON.parse(body) as Entry)
  const beside = await readDisclosures(db, entries)
  return rows.map(({ log_index, body }, at) => {
    const entry = entries[at] as Entry
    const shown: Row[] = []
    const { event, erased } = reveal(entry, (member, digest) => {
      const row = beside.find(entry, member, digest)
      if (row) shown.push(row)
      return row && JSON.parse(row.value)
    })
    return { log_index: Number(log_index), body, entry, event, erased, disclosures: shown.map(format) }
  })
}

/** Events as they are served: the values that the log commits to in place, the others named. `proof` adds what shows that. */
export const discloseAll = async (
  db: Kysely<Tables>,
  rows: readonly BodyRow[],
  { proof = false }: { proof?: boolean | undefined } = {},
): Promise<LoggedEvent[]> => {
  let erasures: Awaited<ReturnType<typeof readErasures>> | undefined
  const events: LoggedEvent[] = []
  for (const { log_index, entry, event, erased, disclosures } of await revealAll(db, rows)) {
    if (erased.length > 0) erasures ??= await readErasures(db)
    const erasure = erasures && erased.length > 0 ? findErasure(erasures, entry, erased) : undefined
    events.push({
      ...event,
      log_index,
      ...(erased.length > 0 ? { erased } : {}),
      ...(erasure ? { erasure } : {}),
      ...(proof ? { erasable: entry.erasable, disclosures } : {}),
    } as unknown as LoggedEvent)
  }
  return events
}
