import { createHash } from 'node:crypto'
import type { Actor } from '@countersign/contract/events.ts'
import type { VerifierKey } from '@countersign/log/note.ts'
import { type Kysely, sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { archiveFiles } from '../archive/files.ts'
import { formatReadme } from '../archive/readme.ts'
import { layOut } from '../archive/zip.ts'
import { requireSigned } from '../audit/checkpoint.ts'
import { type Revealed, revealAll } from '../audit/disclose.ts'
import { type Matching, matching } from '../audit/matching.ts'
import { waitForSequenced } from '../audit/sequenced.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { joinDigests, newFile, type Piece } from './piece.ts'
import { readAs, readEntriesAt } from './read.ts'
import type { ExportRow } from './row.ts'
import { rememberingNodes } from './tiles.ts'
import { writeEntries, writeEvents, writeProof } from './write.ts'

/** The log's name and key, as an export hands them on. */
export type Seal = { origin: string; key: string; fingerprint: string }
export type PrepareNeeds = Base & { seal: Seal; verifier: VerifierKey }

/** Who prepares an export: written with each step, so that one that was overtaken writes nothing. */
export type Claim = { id: string; holder: string }

/** For how long a holder that says nothing is not thought dead. */
export const claimSeconds = 60
const pageRows = 1_000
/** Few enough that writing them keeps nobody else of the process waiting. */
const pieceRows = 200
/** Entries counted by one statement. */
const countedAtOnce = 500_000
const lookMs = 500

/** Somebody else prepares it, or it is not wanted any more. */
export class LostClaim extends Error {
  override name = 'LostClaim'
}

const extend = async (
  tx: Kysely<Tables>,
  { id, holder }: Claim,
  change: Partial<Record<'rows' | 'rows_expected', number>> = {},
): Promise<void> => {
  const done = await tx
    .updateTable('exports')
    .set({ claimed_until: sql<Date>`clock_timestamp() + make_interval(secs => ${claimSeconds})`, ...change })
    .where('id', '=', id)
    .where('claim', '=', holder)
    .executeTakeFirst()
  if (done.numUpdatedRows === 0n) throw new LostClaim(`the export ${id} is another one's`)
}

const keep = async ({ store }: Base, claim: Claim, pieces: readonly Piece[], change?: Parameters<typeof extend>[2]): Promise<void> =>
  await transaction(store, async (tx) => {
    await extend(tx, claim, change)
    if (pieces.length === 0) return
    await tx
      .insertInto('export_pieces')
      .values(pieces.map((piece) => ({ ...piece, export_id: claim.id })))
      .execute()
  })

const forget = async ({ store }: Base, { id }: Claim, files: readonly string[]): Promise<void> =>
  void (await store.db.deleteFrom('export_pieces').where('export_id', '=', id).where('file', 'in', files).execute())

const count = async (needs: Base, row: ExportRow, claim: Claim, asked: Matching): Promise<void> => {
  const size = Number(row.size)
  let rows = 0
  for (let after = -1; after < size - 1; after += countedAtOnce) {
    const before = Math.min(size, after + countedAtOnce + 1)
    rows += await readAs(needs.store, row, await asked.count({ after, before }))
    await extend(needs.store.db, claim)
  }
  await extend(needs.store.db, claim, { rows_expected: rows })
}

/** Who exports: of staff, under the name that they have now. */
const findActor = async ({ store }: Base, { owner_kind, owner_id, asked_by }: ExportRow): Promise<Actor> => {
  if (owner_kind === 'operator') return { kind: 'operator', id: owner_id }
  if (owner_kind === 'tenant') return { kind: 'tenant', id: asked_by, tenant_id: owner_id }
  const staff = await store.db
    .selectFrom('staff')
    .select(['id', 'issuer', 'subject', 'email', 'name'])
    .where('id', '=', owner_id)
    .executeTakeFirstOrThrow()
  return { kind: 'staff', ...staff }
}

const sealed = async (needs: PrepareNeeds, row: ExportRow, claim: Claim, found: { rows: number; files: ReturnType<typeof newFile>[] }) => {
  const { filters, format, size, tenant_id, requested_event_id } = row
  const actor = await findActor(needs, row)
  const digests = found.files.map((file) => file.digests())
  await transaction(needs.store, async (tx) => {
    await extend(tx, claim, { rows: found.rows, rows_expected: found.rows })
    const event = await needs.journal.record(tx, {
      action: 'AUDIT.EXPORTED',
      result: 'ok',
      actor,
      tenant_id: tenant_id ?? undefined,
      target: { kind: 'log', id: 'audit' },
      details: {
        ...{ size: Number(size), export_id: row.id, requested: requested_event_id, format, filters, rows: found.rows },
        entries_sha256: digests.at(-1)?.content.toString('base64'),
        packed_sha256: joinDigests(digests.map(({ packed }) => packed)).toString('base64'),
      },
    })
    await tx
      .updateTable('exports')
      .set({ event_id: event, files: JSON.stringify(found.files.map((file) => file.packedFile())) })
      .where('id', '=', row.id)
      .execute()
  })
}

/** Finds the entries, writes them once to know every byte, and puts on the record what the export holds. */
const gather = async (needs: PrepareNeeds, row: ExportRow, claim: Claim, signal: AbortSignal): Promise<void> => {
  const { format, id } = row
  const size = Number(row.size)
  const readme = newFile(archiveFiles.readme, { deflated: true })
  const events = newFile(archiveFiles.events(format), { deflated: true })
  const entries = newFile(archiveFiles.entries, { deflated: true })
  await forget(needs, claim, [archiveFiles.readme, archiveFiles.events(format), archiveFiles.entries])
  const asked = await matching(needs.store.db, row.filters)
  await count(needs, row, claim, asked)
  const text = Buffer.from(formatReadme({ ...needs.seal, format, size, id }))
  await keep(needs, claim, [readme.add(text, true, { literal: text })])
  const add = (rows: readonly Revealed[], isFirst: boolean, isLast: boolean): Piece[] => {
    const indexes = rows.map(({ log_index }) => log_index)
    return [
      events.add(writeEvents(format, rows, { isFirst, isLast }), isLast, { indexes }),
      entries.add(writeEntries(rows), isLast, { indexes }),
    ]
  }
  let found = 0
  for (let after = -1; ; ) {
    signal.throwIfAborted()
    const read = await asked.find({ after, before: size, order: 'asc', limit: pageRows })
    const rows = await readAs(needs.store, row, async (db) => await revealAll(db, await read(db)))
    const pieces: Piece[] = []
    for (let at = 0; at < rows.length; at += pieceRows) {
      pieces.push(...add(rows.slice(at, at + pieceRows), found + at === 0, false))
      await new Promise(setImmediate)
    }
    found += rows.length
    if (rows.length < pageRows) pieces.push(...add([], found === 0, true))
    await keep(needs, claim, pieces, { rows: found })
    if (rows.length < pageRows) break
    after = rows.at(-1)?.log_index ?? size
  }
  await sealed(needs, row, claim, { rows: found, files: [readme, events, entries] })
}

type Proven = { index: number; size: number; note: string }

/** Where the export's own event stands in the log, and the first checkpoint that holds it. */
const findProven = async ({ store, verifier }: PrepareNeeds, eventId: string): Promise<Proven | undefined> => {
  const { rows } = await sql<{ log_index: string; size: string; root: Buffer; note: string }>`
    select e.log_index, c.size, c.root, c.note
    from log_entries e cross join lateral (select size, root, note from log_checkpoints where size > e.log_index order by size limit 1) c
    where e.event_id = ${eventId}`.execute(store.db)
  const [found] = rows
  if (!found) return undefined
  const { root, note } = found
  const size = Number(found.size)
  await requireSigned({ size, root, note }, verifier)
  return { index: Number(found.log_index), size, note }
}

const waitForProven = async (needs: PrepareNeeds, eventId: string, claim: Claim, signal: AbortSignal): Promise<Proven> => {
  for (;;) {
    const proven = await findProven(needs, eventId)
    if (proven) return proven
    signal.throwIfAborted()
    await extend(needs.store.db, claim)
    await waitForSequenced(needs.store, lookMs, signal)
  }
}

/** Leads from the entries to the root that was signed. */
const prove = async (needs: PrepareNeeds, row: ExportRow, claim: Claim, { index, size }: Proven, signal: AbortSignal) => {
  const proof = newFile(archiveFiles.proof, { deflated: false })
  const read = rememberingNodes(needs.store, size)
  const add = async (numbers: number[], isLast: boolean): Promise<Piece> =>
    proof.add(await writeProof(read, numbers), isLast, { indexes: numbers })
  let from = 0
  for (let n = -1; ; ) {
    signal.throwIfAborted()
    const written = await needs.store.db
      .selectFrom('export_pieces')
      .select(['n', 'indexes'])
      .where('export_id', '=', row.id)
      .where('file', '=', archiveFiles.events(row.format))
      .where('n', '>', n)
      .orderBy('n')
      .limit(20)
      .execute()
    const pieces: Piece[] = []
    for (const { indexes } of written) {
      const leaves = (indexes ?? []).map(Number)
      const last = leaves.at(-1)
      if (last === undefined) continue
      pieces.push(await add([from, ...leaves, last + 1], false))
      from = last + 1
    }
    const newest = written.at(-1)
    if (!newest) break
    n = newest.n
    await keep(needs, claim, pieces)
  }
  await keep(needs, claim, [await add([from, index, size], true)])
  return proof.packedFile()
}

/** A digest of all bytes: those of the files by their pieces, the others by what they follow from. */
const digestOf = async ({ store }: Base, id: string, tail: Buffer): Promise<Buffer> => {
  const digest = createHash('sha256')
  const { rows } = await sql<{ sha256: Buffer }>`
    select sha256 from export_pieces where export_id = ${id} order by file collate "C", n`.execute(store.db)
  for (const { sha256 } of rows) digest.update(sha256)
  return digest.update(tail).digest()
}

/** Adds what could only be known once the log had the export's event. */
const complete = async (needs: PrepareNeeds, row: ExportRow, claim: Claim, eventId: string, signal: AbortSignal): Promise<void> => {
  const names = [archiveFiles.manifest, archiveFiles.proof, archiveFiles.checkpoint, archiveFiles.key]
  await forget(needs, claim, names)
  const proven = await waitForProven(needs, eventId, claim, signal)
  const small = async (name: string, raw: Buffer, indexes?: number[]) => {
    const file = newFile(name, { deflated: false })
    await keep(needs, claim, [file.add(raw, true, indexes ? { indexes } : { literal: raw })])
    return file.packedFile()
  }
  const manifest = writeEntries(await readEntriesAt(needs.store, row, [String(proven.index)]))
  const { files: gathered } = await needs.store.db.selectFrom('exports').select('files').where('id', '=', row.id).executeTakeFirstOrThrow()
  const files = [
    ...(gathered as ReturnType<ReturnType<typeof newFile>['packedFile']>[]),
    await small(archiveFiles.manifest, manifest, [proven.index]),
    await prove(needs, row, claim, proven, signal),
    await small(archiveFiles.checkpoint, Buffer.from(proven.note)),
    await small(archiveFiles.key, Buffer.from(`${needs.seal.key}\n`)),
  ]
  const { tail, length } = layOut(files)
  const digest = await digestOf(needs, row.id, tail)
  await transaction(needs.store, async (tx) => {
    await extend(tx, claim)
    await tx
      .updateTable('exports')
      .set({ files: JSON.stringify(files), bytes: length, digest, checkpoint_size: proven.size, ready_at: sql<Date>`clock_timestamp()` })
      .where('id', '=', row.id)
      .execute()
  })
}

/** Prepares an export that was claimed. What was on the record already is not done again. */
export const prepareExport = async (needs: PrepareNeeds, row: ExportRow, holder: string, signal: AbortSignal): Promise<void> => {
  const claim = { id: row.id, holder }
  if (row.event_id === null) await gather(needs, row, claim, signal)
  const { event_id } = await needs.store.db.selectFrom('exports').select('event_id').where('id', '=', row.id).executeTakeFirstOrThrow()
  if (event_id === null) throw new LostClaim(`the export ${row.id} has no event`)
  await complete(needs, row, claim, event_id, signal)
}
