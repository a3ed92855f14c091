import { createHash } from 'node:crypto'
import { ExportFormat } from '@countersign/contract/exports.ts'
import { type Checkpoint, verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { type CoverNode, createCoverVerifier, parseCoverNode } from '@countersign/log/cover.ts'
import { judgeDisclosures, reveal } from '@countersign/log/disclosure.ts'
import { isCanonical, leafOf } from '@countersign/log/entry.ts'
import { LogError } from '@countersign/log/errors.ts'
import { parseVerifierKey } from '@countersign/log/note.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { Finding } from '@countersign/log/verifier.ts'
import type { EntryListener } from '@countersign/log/verify.ts'
import { z } from 'zod'
import { type ArchivedEntry, archiveFiles } from '../archive/files.ts'
import { type Archive, openArchive } from '../archive/open.ts'
import { shownEvent, written } from '../archive/render.ts'
import { splitLines } from './folder.ts'

export type ArchiveVerification = {
  checkpoint: Checkpoint
  key: string
  rows: number
  /** Values that are in it, and those that are not any more. */
  values: number
  erased: number
  /** The log's own event of it. */
  manifest: Manifest
  findings: Finding[]
}

/** What the log has on record of an export. */
export type Manifest = {
  index: number
  by: string
  at: string
  size: number
  rows: number
  filters: { [name: string]: unknown }
  isPacked: boolean
}

const Archived = z.strictObject({ disclosures: z.array(z.string()), entry: z.looseObject({}), log_index: z.number().int().nonnegative() })
const Exported = z.looseObject({
  action: z.literal('AUDIT.EXPORTED'),
  occurred_at: z.string(),
  actor: z.looseObject({ id: z.string() }),
  details: z.looseObject({
    format: ExportFormat,
    size: z.number().int(),
    rows: z.number().int(),
    filters: z.looseObject({}).default({}),
    entries_sha256: z.string(),
    packed_sha256: z.string(),
  }),
})

const findingsMaximum = 1000
const mismatch = (reason: string, at?: number): Finding => ({
  code: 'export_mismatch',
  ...(at === undefined ? {} : { from: at, to: at + 1 }),
  reason,
})

const parseArchived = (line: Buffer): ArchivedEntry => {
  if (!isCanonical(line)) throw new LogError('not_canonical')
  const parsed = Archived.safeParse(JSON.parse(line.toString('utf8')))
  if (!parsed.success) throw new LogError('malformed_export', 'A line of entries is not one.')
  return parsed.data
}

/** What is read bit by bit, in pieces of the length that is asked for. */
const newReader = (chunks: AsyncGenerator<Buffer>) => {
  let rest: Buffer = Buffer.alloc(0)
  return {
    /** Fewer bytes where it ends. */
    async take(length: number): Promise<Buffer> {
      const parts = [rest]
      let have = rest.length
      while (have < length) {
        const { value, done } = await chunks.next()
        if (done) break
        parts.push(value)
        have += value.length
      }
      const bytes = parts.length === 1 ? rest : Buffer.concat(parts)
      rest = bytes.subarray(length)
      return bytes.subarray(0, length)
    },
    async isOver(): Promise<boolean> {
      return (await this.take(1)).length === 0
    },
  }
}

/** The subtrees of a proof, one after the other. */
const newNodes = (archive: Archive) => {
  const batches = splitLines(archive.read(archiveFiles.proof))
  let lines: Buffer[] = []
  let at = 0
  return {
    async next(): Promise<CoverNode | undefined> {
      while (at >= lines.length) {
        const { value, done } = await batches.next()
        if (done) return undefined
        lines = value
        at = 0
      }
      at += 1
      return parseCoverNode((lines[at - 1] as Buffer).toString('latin1'))
    },
  }
}

/** Puts the tree together, as long as that goes. What does not fit is one finding: nothing after it can be placed. */
const newCover = (archive: Archive, checkpoint: Checkpoint, findings: Finding[]) => {
  const cover = createCoverVerifier(sha256, checkpoint)
  const nodes = newNodes(archive)
  let isWhole = true
  const attempt = async (work: () => Promise<void>, at?: number): Promise<void> => {
    if (!isWhole) return
    try {
      await work()
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      isWhole = false
      findings.push({ ...mismatch(`The proof does not lead past here: ${error.message}`, at), code: error.code })
    }
  }
  return {
    add: (index: number, leaf: Uint8Array): Promise<void> =>
      attempt(async () => {
        while (cover.next() < index) {
          const node = await nodes.next()
          if (!node) throw new LogError('proof_length')
          cover.addNode(node)
        }
        cover.addLeaf(index, leaf)
      }, index),
    finish: (): Promise<void> =>
      attempt(async () => {
        for (let node = await nodes.next(); node; node = await nodes.next()) cover.addNode(node)
        if (!cover.finish())
          throw new LogError('root_mismatch', 'An event is not the one that the log has at its place, or the proof was changed.')
      }),
  }
}

const readManifest = async (archive: Archive): Promise<{ archived: ArchivedEntry; event: z.infer<typeof Exported> }> => {
  const text = await archive.text(archiveFiles.manifest)
  if (!text.endsWith('\n')) throw new LogError('malformed_export', `${archiveFiles.manifest} is cut off.`)
  const archived = parseArchived(Buffer.from(text.slice(0, -1)))
  const { values, faults } = judgeDisclosures(sha256, archived.entry, archived.disclosures)
  if (faults[0] !== undefined) throw new LogError('disclosure_mismatch', faults[0])
  const parsed = Exported.safeParse(reveal(archived.entry, (path) => values.get(path)).event)
  if (!parsed.success) throw new LogError('malformed_export', 'Its manifest is not the event of an export.')
  return { archived, event: parsed.data }
}

const base64Of = (digest: Buffer): string => digest.toString('base64')

/** SHA-256 of the digests of what was packed before the log knew of it, in the order of the files. */
const packedDigest = (archive: Archive, names: readonly string[]): string | undefined => {
  const digests = names.map((name) => archive.packedDigest(name))
  if (digests.some((digest) => digest === undefined)) return undefined
  return base64Of(
    createHash('sha256')
      .update(Buffer.concat(digests as Buffer[]))
      .digest(),
  )
}

const drain = async (chunks: AsyncGenerator<Buffer>): Promise<void> => {
  for await (const _ of chunks) {
    // Read for its digest alone.
  }
}

/** Judges each entry, and compares the events with what follows from it. */
const judgeEntries = async (
  archive: Archive,
  format: ExportFormat,
  size: number,
  cover: ReturnType<typeof newCover>,
  findings: Finding[],
  onEntry: EntryListener | undefined,
) => {
  const add = (finding: Finding): void => void (findings.length < findingsMaximum && findings.push(finding))
  const { head, between, tail, row } = written[format]
  const events = newReader(archive.read(archiveFiles.events(format)))
  const digest = createHash('sha256')
  const chunks = async function* () {
    for await (const chunk of archive.read(archiveFiles.entries)) {
      digest.update(chunk)
      yield chunk
    }
  }
  let [rows, values, erased, last, isSame] = [0, 0, 0, -1, true]
  const expect = async (text: string, at?: number): Promise<void> => {
    const bytes = Buffer.from(text)
    if (!isSame || (await events.take(bytes.length)).equals(bytes)) return
    isSame = false
    add(mismatch(`What ${archiveFiles.events(format)} says is not what follows from the entry.`, at))
  }
  await expect(head)
  for await (const lines of splitLines(chunks())) {
    for (const line of lines) {
      const { entry, disclosures, log_index: index } = parseArchived(line)
      if (index <= last || index >= size) add(mismatch('It is not in its place.', index))
      last = index
      const leaf = leafOf(sha256, entry)
      onEntry?.(index, entry, leaf)
      await cover.add(index, leaf)
      const judged = judgeDisclosures(sha256, entry, disclosures)
      for (const reason of judged.faults) add({ code: 'disclosure_mismatch', from: index, to: index + 1, reason })
      values += judged.values.size
      erased += judged.missing.size
      const { event, erased: names } = reveal(entry, (path) => judged.values.get(path))
      await expect(`${rows === 0 ? '' : between}${row(shownEvent(event, names, index))}`, index)
      rows += 1
    }
  }
  await expect(tail)
  if (isSame && !(await events.isOver())) add(mismatch(`${archiveFiles.events(format)} goes on after its end.`))
  return { rows, values, erased, digest: base64Of(digest.digest()) }
}

/**
 * Verifies an export: the signature of its checkpoint, the place of each entry and of the export's own event in the tree that was
 * signed, the values behind the digests, that the events say no more and no less, and that it is all that the log has on
 * record of this export. Throws LogError where nothing of it can be believed.
 */
export const verifyArchive = async (path: string, vkey: string | undefined, onEntry?: EntryListener): Promise<ArchiveVerification> => {
  const archive = await openArchive(path)
  const shown = await archive.text(archiveFiles.key)
  const key = vkey ?? shown.trim()
  const findings: Finding[] = []
  if (shown !== `${key}\n`) findings.push(mismatch(`The key in ${archiveFiles.key} is not the one that you trust.`))
  const note = await archive.text(archiveFiles.checkpoint)
  const checkpoint = await verifyCheckpoint(note, [parseVerifierKey(sha256, key)])
  const { archived, event } = await readManifest(archive)
  const { format, size, rows, filters, entries_sha256, packed_sha256 } = event.details
  const bound = [archiveFiles.readme, archiveFiles.events(format), archiveFiles.entries]
  const expected = [...bound, archiveFiles.manifest, archiveFiles.proof, archiveFiles.checkpoint, archiveFiles.key]
  const cover = newCover(archive, checkpoint, findings)
  const judged = await judgeEntries(archive, format, size, cover, findings, onEntry)
  const manifestLeaf = leafOf(sha256, archived.entry)
  onEntry?.(archived.log_index, archived.entry, manifestLeaf)
  await cover.add(archived.log_index, manifestLeaf)
  await cover.finish()
  if (archive.names.includes(archiveFiles.readme)) await drain(archive.read(archiveFiles.readme))
  if (judged.rows !== rows) findings.push(mismatch(`There are ${judged.rows} events, but the log has on record that there are ${rows}.`))
  if (judged.digest !== entries_sha256) findings.push(mismatch(`${archiveFiles.entries} is not the one that the log has on record.`))
  const packed = packedDigest(archive, bound)
  const isPacked = packed !== undefined
  if (isPacked && packed !== packed_sha256) findings.push(mismatch('What is packed in it is not what the log has on record.'))
  if (isPacked && archive.names.join() !== expected.join())
    findings.push(mismatch('It does not have the files of an export, in their order.'))
  const manifest = { index: archived.log_index, by: event.actor.id, at: event.occurred_at, size, rows, filters, isPacked }
  return { checkpoint, key, ...judged, manifest, findings }
}
