import type { Completeness } from '@countersign/contract/proofs.ts'
import { formatBase64 } from '@countersign/log/bytes.ts'
import type { VerifierKey } from '@countersign/log/note.ts'
import { bitAt, emptyMap, pathOf } from '@countersign/log/tally.ts'
import { type Kysely, sql } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { enterTenantRole } from './as-tenant.ts'
import { readCheckpoint } from './checkpoint.ts'
import { proveUnder, type Signed } from './prove.ts'
import { waitForSequenced } from './sequenced.ts'

/** Between the entry and its checkpoint lies a moment. */
const patienceMilliseconds = 3_000
const lookMilliseconds = 50
/** Places are hashes: no two of them agree for longer. */
const depthMaximum = 128

type Kept = Pick<Completeness, 'count' | 'place' | 'chain' | 'since' | 'siblings'>
type Found = Kept & { entry: string; signed: Signed }

const nothing: Kept = { count: 0, place: null, chain: null, since: null, siblings: [] }

/** The siblings of a place on its way to the root, from below; zeros where there is none. */
const readSiblings = async (tx: Kysely<Tables>, place: Uint8Array): Promise<string[]> => {
  const siblingAt = (depth: number): string => `${pathOf(place, depth - 1)}${1 - bitAt(place, depth - 1)}`
  const depths = Array.from({ length: depthMaximum }, (_, at) => at + 1)
  const paths = depths.flatMap((depth) => [pathOf(place, depth), siblingAt(depth)])
  const rows = await tx.selectFrom('log_tally_nodes').selectAll().where(sql<boolean>`path = any(${paths}::text[])`).execute()
  const known = new Map(rows.map(({ path, hash }) => [path, hash]))
  const own = depths.filter((depth) => known.has(pathOf(place, depth)))
  return own.toReversed().map((depth) => formatBase64(known.get(siblingAt(depth)) ?? emptyMap))
}

/** The tally of a tenant under the newest checkpoint, on one snapshot; undefined while that is not signed yet. */
const findSigned = (store: Pick<Store, 'db'>, key: VerifierKey, tenantId: string): Promise<Found | undefined> =>
  transaction(
    store,
    async (tx) => {
      const signed = await readCheckpoint({ db: tx }, key)
      const row = await tx
        .selectFrom('log_entries as entry')
        .innerJoin('events as event', 'event.n', 'entry.event_n')
        .select(['entry.log_index', 'event.body'])
        .where('entry.action', '=', 'LOG.TALLIED')
        .orderBy('entry.log_index', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (!signed || !row || Number(row.log_index) !== signed.size - 1) return undefined
      const own = await tx.selectFrom('log_tallies').select('place').where('tenant_id', '=', tenantId).executeTakeFirst()
      const siblings = own ? await readSiblings(tx, own.place) : []
      await enterTenantRole(tx, tenantId)
      const tally = await tx.selectFrom('log_tallies').selectAll().where('tenant_id', '=', tenantId).executeTakeFirst()
      const found = { ...nothing, entry: row.body, signed }
      if (!tally || tally.count === '0') return found
      const { count, place, chain, since } = tally
      return { ...found, count: Number(count), place: formatBase64(place), chain: formatBase64(chain), since: since || null, siblings }
    },
    { isolation: 'repeatable read' },
  )

/** How many events the log has of a tenant, and what proves it. */
export const proveCompleteness = async (store: Store, key: VerifierKey, tenantId: string): Promise<Completeness> => {
  const signal = AbortSignal.timeout(patienceMilliseconds)
  for (;;) {
    const found = await findSigned(store, key, tenantId)
    if (found) {
      const { signed, ...kept } = found
      return { ...kept, proof: await proveUnder(store, signed, signed.size - 1) }
    }
    if (signal.aborted) throw new Refusal('log_behind')
    await waitForSequenced(store, lookMilliseconds, signal)
  }
}
