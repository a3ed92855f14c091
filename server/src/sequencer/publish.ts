import { type Checkpoint, signCheckpoint, verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { proveConsistency, verifyConsistency } from '@countersign/log/proof.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { sql } from 'kysely'
import { findCheckpoint } from '../audit/checkpoint.ts'
import { checkEntryRow, type EntryRow, readEntryRows } from '../audit/entry-rows.ts'
import { nodeReader } from '../audit/tree-reader.ts'
import type { Store } from '../store/open.ts'
import { readGuard, writeGuard } from './guard-file.ts'
import { Stop } from './load-edge.ts'
import type { LogKey } from './log-key.ts'

type Needs = { store: Pick<Store, 'db'>; dataDir: string; key: LogKey; eventKey: Buffer }
type Head = { size: number; root: Uint8Array }

const requirePrefix = async ({ store }: Needs, what: string, earlier: Checkpoint, head: Head): Promise<void> => {
  if (earlier.size > head.size) {
    throw new Stop(
      `The database holds a log of ${head.size} entries, but ${what} says ${earlier.size}. It was rolled back or an old backup was restored.`,
    )
  }
  try {
    const proof = await proveConsistency(sha256, nodeReader(store, head.size), earlier.size, head.size)
    verifyConsistency(sha256, { size1: earlier.size, size2: head.size, root1: earlier.root, root2: head.root, proof })
  } catch (error) {
    throw new Stop(`The log of ${head.size} entries does not continue ${what} of ${earlier.size}: ${(error as Error).message}`)
  }
}

/** A copy of a genuine event has a genuine HMAC. */
const requireUnique = async ({ db }: Pick<Store, 'db'>, rows: readonly EntryRow[]): Promise<void> => {
  const { rows: copies } = await sql<{ event_id: string }>`
    select event_id from log_entries where event_id = any(${rows.map(({ event_id }) => event_id)}::text[])
    group by event_id having count(*) > 1 limit 1`.execute(db)
  if (copies[0]) throw new Stop(`The event ${copies[0].event_id} is in the log more than once.`)
}

/**
 * Entries that were committed and not signed yet are looked at once more before they are: a row put at the end of the log by
 * hand lacks the HMAC.
 */
const requireGenuine = async ({ store, eventKey }: Needs, from: number, to: number): Promise<void> => {
  for (let next = from; next < to; ) {
    const rows = await readEntryRows(store.db, next)
    await requireUnique(store, rows)
    for (const row of rows) {
      const wrong = checkEntryRow(row, eventKey).fault
      if (wrong || Number(row.log_index) !== next)
        throw new Stop(`Entry ${next} of the log is not to be signed: ${wrong?.reason ?? 'it is missing.'}`)
      next += 1
    }
    if (rows.length === 0) throw new Stop(`The log should have ${to} entries, but it has ${next}.`)
  }
}

/** The newest checkpoint in the database, or the one of a size: what everybody is shown. */
export const readShown = async ({ store, key }: Pick<Needs, 'store' | 'key'>, size?: number): Promise<Checkpoint | undefined> => {
  const row = await findCheckpoint(store, size)
  if (!row) return undefined
  const stop = (why: string): never => {
    throw new Stop(
      `The ${size === undefined ? 'newest checkpoint' : `checkpoint of ${size} entries`} in the database is not one of ours: ${why}`,
    )
  }
  const shown = await verifyCheckpoint(row.note, [key.verifier]).catch((error: Error) => stop(error.message))
  return shown.size === row.size && row.root.equals(shown.root) ? shown : stop('Its row says otherwise.')
}

/** Makes sure that the log continues everything that was signed before: the newest checkpoint in the database and the kept one. */
export const requireContinuity = async (needs: Needs, head: Head): Promise<void> => {
  const shown = await readShown(needs)
  if (shown) await requirePrefix(needs, 'the newest checkpoint in the database', shown, head)
  const kept = await readGuard(needs.dataDir, needs.key)
  if (kept) await requirePrefix(needs, 'the last checkpoint signed here', kept, head)
  await requireGenuine(needs, Math.max(shown?.size ?? 0, kept?.size ?? 0), head.size)
}

/**
 * Signs the head that was committed: keeps the checkpoint in the file, then shows it. In this order, so that whatever anyone
 * has seen is known here even if the database forgets it. A size is signed with one root only.
 */
export const publishCheckpoint = async (needs: Needs, { size, root }: Head): Promise<void> => {
  const { dataDir, key, store } = needs
  const kept = await readGuard(dataDir, key)
  const note = signCheckpoint({ origin: key.origin, size, root }, key.signer)
  if (kept && kept.size > size) throw new Stop(`A checkpoint of ${kept.size} entries was signed here already; this one has ${size}.`)
  if (kept?.size === size && !Buffer.from(kept.root).equals(root))
    throw new Stop(`Another root was signed for ${size} entries here already.`)
  if (kept?.size !== size) await writeGuard(dataDir, note)
  await store.db
    .insertInto('log_checkpoints')
    .values({ size, root: Buffer.from(root), note })
    .onConflict((conflict) => conflict.column('size').doNothing())
    .execute()
  const shown = await readShown(needs, size)
  if (!shown || !Buffer.from(shown.root).equals(root)) throw new Stop(`Another root was signed for ${size} entries already.`)
}
