import { createAccount, type DisclosureAccount } from './account.ts'
import { sameBytes } from './bytes.ts'
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts'
import { judgeDisclosures } from './disclosure.ts'
import { lookThrough } from './entry.ts'
import { LogError } from './errors.ts'
import type { VerifierKey } from './note.ts'
import { createSeen } from './seen.ts'
import type { Replacement } from './tallies.ts'
import { createTallyCheck } from './tally-check.ts'
import { splitTile, type Tile, tileAt, tileWidth } from './tile.ts'
import { appendLeaf, emptyFrontier, type Hash, hashLeaf, rootOf } from './tree.ts'
import { createVerifier, type ExpectedHead, type Finding } from './verifier.ts'

/** A whole log: from a folder, a database or an address. */
export type LogSource = {
  /** The newest signed checkpoint. */
  checkpoint: string
  /** Other signed checkpoints of the same log that the source keeps. */
  checkpoints?: Iterable<string> | AsyncIterable<string>
  /** Bytes of the entries from the first on, in batches. */
  entries: AsyncIterable<readonly Uint8Array[]> | Iterable<readonly Uint8Array[]>
  /** What lies beside each entry, in the same order, where the source has it. */
  disclosures?: AsyncIterable<readonly string[]> | Iterable<readonly string[]>
  /** Tiles of hashes as the source stores them, where it does: they make a finding exact. */
  readTile?: (tile: Tile) => Promise<Uint8Array | undefined>
  /** Where ids of tenants were given away, read beforehand (`readReplacements`). */
  replacements?: readonly Replacement[]
}

/** Told of each entry in its order: its place, its members where they are known, and its leaf hash. */
export type EntryListener = (index: number, entry: object, leaf: Uint8Array) => void

export type Verification = {
  checkpoint: Checkpoint
  checkpoints: number
  entries: number
  root: Uint8Array
  findings: Finding[]
  /** Of what lies beside the entries; undefined where the source has none of it. */
  disclosed: DisclosureAccount | undefined
}

/** Places that are named at most: one is enough to disbelieve a log. */
const maxFindings = 1000

/** Checkpoints as heads; what is not a checkpoint of this log is a finding. */
const readHeads = async (
  notes: LogSource['checkpoints'],
  { name, kind }: Pick<ExpectedHead, 'name' | 'kind'>,
  trusted: readonly VerifierKey[],
  findings: Finding[],
): Promise<ExpectedHead[]> => {
  const heads: ExpectedHead[] = []
  for await (const note of notes ?? []) {
    try {
      const { size, root } = await verifyCheckpoint(note, trusted)
      heads.push({ name: `${name} of ${size} entries`, kind, size, root })
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      findings.push({ code: error.code, reason: `One of the checkpoints is not to be believed: ${error.message}` })
    }
  }
  return heads
}

/** Compares leaves with the stored tiles, a tile at a time, and keeps where they differ. */
const compareTiles = (readTile: LogSource['readTile'], size: number) => {
  const changed: number[] = []
  let row: Uint8Array[] = []
  let index = 0
  const flush = async (): Promise<void> => {
    const tile = tileAt(0, index, size)
    const bytes = tile && (await readTile?.(tile))
    const stored = bytes ? splitTile(bytes, tile.width) : []
    stored.forEach((leaf, at) => {
      const ours = row[at]
      if (ours && !sameBytes(ours, leaf) && changed.length < maxFindings) changed.push(index * tileWidth + at)
    })
    row = []
    index += 1
  }
  return {
    changed,
    flush,
    /** Answers whether a tile is full and must be flushed. */
    add: (leaf: Uint8Array): boolean => row.push(leaf) === tileWidth,
  }
}

/** Whether the stored tiles are those that were signed: only then can they say which entry was changed. */
export const isSigned = async (
  hash: Hash,
  readTile: NonNullable<LogSource['readTile']>,
  head: Pick<ExpectedHead, 'size' | 'root'>,
): Promise<boolean> => {
  const frontier = emptyFrontier()
  for (let index = 0; index * tileWidth < head.size; index += 1) {
    const tile = tileAt(0, index, head.size) as Tile
    const bytes = await readTile(tile)
    if (!bytes) return false
    for (const stored of splitTile(bytes, tile.width)) appendLeaf(hash, frontier, stored)
  }
  return sameBytes(rootOf(hash, frontier), head.root)
}

/** Judges what lies beside each entry, and counts it. */
const judgeBeside = (hash: Hash, { disclosures }: LogSource, findings: Finding[]) => {
  if (!disclosures) return undefined
  const source = Symbol.asyncIterator in disclosures ? disclosures[Symbol.asyncIterator]() : disclosures[Symbol.iterator]()
  const account = createAccount()
  return {
    finish: account.finish,
    async add(index: number, entry: object): Promise<void> {
      const { value, done } = await source.next()
      const { values, missing, faults } = judgeDisclosures(hash, entry, done ? [] : value)
      account.add(index, entry, values.size, missing)
      for (const reason of faults.slice(0, maxFindings - findings.length))
        findings.push({ code: 'disclosure_mismatch', from: index, to: index + 1, reason })
    },
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The members of an entry that is in canonical form. */
const readMembers = (bytes: Uint8Array): object => (JSON.parse(strict.decode(bytes)) ?? {}) as object

/**
 * Verifies a whole log: the signature of every checkpoint, the canonical form of every entry, and the root of the entries
 * against every checkpoint, earlier ones that somebody kept included. Throws LogError where the newest checkpoint cannot be
 * believed, since there is nothing to verify against then; all else is a finding.
 */
export const verifyLog = async (
  hash: Hash,
  source: LogSource,
  { trusted, earlier = [], onEntry }: { trusted: readonly VerifierKey[]; earlier?: readonly string[]; onEntry?: EntryListener | undefined },
): Promise<Verification> => {
  const checkpoint = await verifyCheckpoint(source.checkpoint, trusted)
  const findings: Finding[] = []
  const heads = [
    ...(await readHeads(earlier, { name: 'the earlier checkpoint', kind: 'kept' }, trusted, findings)),
    ...(await readHeads(source.checkpoints, { name: 'the checkpoint', kind: 'own' }, trusted, findings)),
    { name: `the newest checkpoint of ${checkpoint.size} entries`, kind: 'own' as const, ...checkpoint },
  ]
  const seen = createSeen()
  const verifier = createVerifier(hash, heads)
  const tiles = source.readTile && compareTiles(source.readTile, checkpoint.size)
  const beside = judgeBeside(hash, source, findings)
  const tallies = createTallyCheck(hash, source.replacements ?? [], checkpoint.size)
  for await (const batch of source.entries) {
    for (const entry of batch) {
      const index = verifier.size()
      const looked = lookThrough(entry)
      const twin = looked?.id && seen.add(looked.id, index)
      if (findings.length < maxFindings) {
        const place = { from: index, to: index + 1 }
        if (!looked) findings.push({ code: 'not_canonical', ...place, reason: 'It is not a JSON value in canonical form.' })
        if (twin !== undefined) findings.push({ code: 'duplicate_entry', ...place, reason: `It has the id of entry ${twin}.` })
      }
      const members = looked ? readMembers(entry) : {}
      const leaf = hashLeaf(hash, entry)
      verifier.addLeaf(leaf)
      if (tiles?.add(leaf)) await tiles.flush()
      tallies.add(index, members, leaf)
      onEntry?.(index, members, leaf)
      await beside?.add(index, members)
    }
  }
  await tiles?.flush()
  const root = verifier.root()
  const departures = verifier.finish()
  const head = heads.find(({ size }) => size === checkpoint.size) as ExpectedHead
  const isExact = departures.length > 0 && source.readTile !== undefined && (await isSigned(hash, source.readTile, head))
  // Tiles that were changed together with the entries prove nothing: then the departures alone say where.
  for (const index of isExact || departures.length === 0 ? (tiles?.changed ?? []) : []) {
    const place = { from: index, to: index + 1 }
    if (isExact) findings.push({ code: 'entry_mismatch', ...place, reason: 'It is not the entry whose hash is in the signed tree.' })
    else findings.push({ code: 'tile_mismatch', ...place, reason: 'The stored hash is not that of the entry.' })
  }
  const disclosed = beside?.finish()
  // In a log that is not what was signed, tallies that do not fit say nothing more.
  if (departures.length === 0) findings.push(...tallies.finish())
  const entries = verifier.size()
  // Where all entries are those of the signed tiles, what is missing is what follows them.
  const isCutOff = isExact && tiles?.changed.length === 0
  const told = departures.map((finding) => (isCutOff && finding.to === checkpoint.size ? { ...finding, from: entries } : finding))
  return { checkpoint, checkpoints: heads.length, entries, root, findings: [...findings, ...told], disclosed }
}
