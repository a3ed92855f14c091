import { EventPage, type LoggedEvent } from '@countersign/contract/events.ts'
import { Completeness } from '@countersign/contract/proofs.ts'
import { createAccount, type DisclosureAccount } from '@countersign/log/account.ts'
import { type Checkpoint, verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { findHidden, verifyCompleteness } from '@countersign/log/completeness.ts'
import { conceal, judgeDisclosures, reveal } from '@countersign/log/disclosure.ts'
import { canonicalForm, leafOf } from '@countersign/log/entry.ts'
import { LogError } from '@countersign/log/errors.ts'
import { parseVerifierKey, type VerifierKey } from '@countersign/log/note.ts'
import { createSeen } from '@countersign/log/seen.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { emptyTally, extendTally, type Tally } from '@countersign/log/tally.ts'
import { type FullTile, splitTile, type Tile, tileAt, tilePath, tileWidth } from '@countersign/log/tile.ts'
import { createVerifier, type ExpectedHead, type Finding } from '@countersign/log/verifier.ts'
import type { EntryListener } from '@countersign/log/verify.ts'
import type { z } from 'zod'
import { Trouble } from '../errors.ts'

export type UrlVerification = {
  origin: string
  size: number
  entries: number
  root: Uint8Array
  key: string
  checkpoints: number
  findings: Finding[]
  disclosed: DisclosureAccount | undefined
  /** What the log has of the tenant, where all of it was shown. */
  complete: Tally | undefined
}

type Needs = {
  vkey?: string | undefined
  earlier: readonly string[]
  apiKey?: string | undefined
  onEntry?: EntryListener | undefined
}

const timeout = 30_000

const get = async (base: string, path: string, headers: Record<string, string> = {}): Promise<Response> => {
  const url = `${base.replace(/\/$/, '')}/${path}`
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(timeout) }).catch((cause) => {
    throw new Trouble(`${url} cannot be reached: ${(cause as Error).message}`, 'Check the address, and the network in between.', cause)
  })
  if (!response.ok) throw new Trouble(`${url} answers ${response.status}.`, 'Give the address of the console door, as browsers use it.')
  return response
}

const readTile = async (base: string, tile: Tile): Promise<Uint8Array[]> => {
  const response = await get(base, `log/${tilePath(tile)}`)
  return splitTile(new Uint8Array(await response.arrayBuffer()), tile.width)
}

const compareTile = async (base: string, { level, index, hashes }: FullTile, findings: Finding[]): Promise<void> => {
  const served = await readTile(base, { level, index, width: hashes.length })
  if (Buffer.concat(served).equals(Buffer.concat(hashes))) return
  const span = tileWidth ** (level + 1)
  findings.push({
    code: 'tile_mismatch',
    from: index * span,
    to: (index + 1) * span,
    reason: `The tile ${level}/${index} is not that of the tiles below it.`,
  })
}

const readJson = async <S extends z.ZodType>(base: string, path: string, apiKey: string, schema: S): Promise<z.output<S>> => {
  const parsed = schema.safeParse(await (await get(base, path, { 'x-api-key': apiKey })).json())
  if (!parsed.success)
    throw new Trouble(`${base} gave an answer that could not be understood.`, 'Verify with the same version that runs there.')
  return parsed.data
}

/** A tenant's events from the API, page by page, in the order of the log. */
const readTenantEvents = async function* (base: string, apiKey: string): AsyncGenerator<LoggedEvent[]> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path = `v1/audit?limit=200&order=asc&proof=true${cursor === '' ? '' : `&cursor=${cursor}`}`
    const page: EventPage = await readJson(base, path, apiKey, EventPage)
    yield page.items
    cursor = page.next_cursor
  }
}

/** What the log has of the tenant. Read before the events: of those that come later it says nothing. */
type Expected = { tally: Tally; size: number; checkpoint: Checkpoint }

const readExpected = async (
  base: string,
  apiKey: string,
  trusted: readonly VerifierKey[],
  findings: Finding[],
): Promise<Expected | undefined> => {
  const given = await readJson(base, 'v1/audit/completeness', apiKey, Completeness)
  try {
    return await verifyCompleteness(sha256, given, trusted)
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    findings.push({ code: 'events_hidden', reason: `Whether all events of the tenant were shown is not proven: ${error.message}` })
    return undefined
  }
}

/** The entry of an event that was served with its proof, and what is wrong with its disclosures or with the values in place. */
const judgeServed = ({ log_index: _, erased = [], erasure: __, disclosures = [], ...event }: LoggedEvent) => {
  const entry = conceal(event)
  const judged = judgeDisclosures(sha256, entry, disclosures)
  const { event: revealed } = reveal(entry, (path) => judged.values.get(path))
  const { erasable: ___, ...served } = event
  const isShown = canonicalForm(revealed) === canonicalForm(served)
  if (!isShown) judged.faults.push('A value that was served is not the one that its disclosure gives.')
  if (erased.toSorted().join() !== [...judged.missing.keys()].sort().join())
    judged.faults.push('What is called erased is not what is missing.')
  return { entry, ...judged }
}

/** Each of a tenant's events must be the one whose hash the tree holds at its place. */
const checkEvents = async (
  needs: { base: string; apiKey: string; size: number; leafAt: (index: number) => Uint8Array; expected: Expected | undefined },
  findings: Finding[],
) => {
  const { expected } = needs
  let shown = emptyTally(expected?.tally.since)
  const account = createAccount()
  const seen = createSeen()
  let count = 0
  let last = -1
  for await (const items of readTenantEvents(needs.base, needs.apiKey)) {
    for (const event of items) {
      const { log_index } = event
      const place = { from: log_index, to: log_index + 1 }
      if (log_index <= last) findings.push({ code: 'entry_mismatch', ...place, reason: 'It was served out of order.' })
      last = log_index
      if (log_index >= needs.size) continue // newer than the checkpoint
      count += 1
      const { entry, values, missing, faults } = judgeServed(event)
      account.add(log_index, entry, values.size, missing)
      const twin = seen.add(Buffer.from(event.id), log_index)
      if (twin !== undefined) findings.push({ code: 'duplicate_entry', ...place, reason: `It has the id of entry ${twin}.` })
      for (const reason of faults) findings.push({ code: 'disclosure_mismatch', ...place, reason })
      const leaf = leafOf(sha256, entry)
      if (expected && log_index < expected.size) shown = extendTally(sha256, shown, { leafHash: leaf, id: event.id })
      if (!Buffer.from(needs.leafAt(log_index)).equals(leaf))
        findings.push({
          code: 'entry_mismatch',
          ...place,
          reason: 'The event that was served is not the one whose hash is in the signed tree.',
        })
    }
  }
  const hidden = expected && findHidden(expected.tally, shown)
  if (hidden !== undefined) findings.push({ code: 'events_hidden', reason: hidden })
  return { count, disclosed: account.finish(), complete: hidden === undefined ? expected?.tally : undefined }
}

/** Verifies a log over the network: its tiles against its checkpoints, and with an API key each of the tenant's events. */
export const verifyUrl = async (base: string, { vkey, earlier, apiKey, onEntry }: Needs): Promise<UrlVerification> => {
  const key = vkey ?? (await (await get(base, 'log/key')).text()).trim()
  const trusted = [parseVerifierKey(sha256, key)]
  const findings: Finding[] = []
  const expected = apiKey === undefined ? undefined : await readExpected(base, apiKey, trusted, findings)
  const { origin, size, root } = await verifyCheckpoint(await (await get(base, 'log/checkpoint')).text(), trusted)
  const heads: ExpectedHead[] = [{ name: `the newest checkpoint of ${size} entries`, kind: 'own', size, root }]
  if (expected) {
    const name = `the checkpoint by which events were counted, of ${expected.checkpoint.size} entries`
    heads.push({ name, kind: 'own', ...expected.checkpoint })
  }
  for (const note of earlier) {
    try {
      const checkpoint = await verifyCheckpoint(note, trusted)
      heads.push({ name: `the earlier checkpoint of ${checkpoint.size} entries`, kind: 'kept', ...checkpoint })
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      findings.push({ code: error.code, reason: `The earlier checkpoint is not to be believed: ${error.message}` })
    }
  }
  const upper: FullTile[] = []
  const verifier = createVerifier(sha256, heads, (tile) => tile.level > 0 && upper.push(tile))
  const seen = createSeen()
  const tiles: Uint8Array[][] = []
  for (let index = 0; index * tileWidth < size; index += 1) {
    const hashes = await readTile(base, tileAt(0, index, size) as Tile)
    for (const leaf of hashes) {
      const place = verifier.size()
      const twin = seen.add(leaf, place)
      if (twin !== undefined)
        findings.push({ code: 'duplicate_entry', from: place, to: place + 1, reason: `It has the hash of entry ${twin}.` })
      verifier.addLeaf(leaf)
      onEntry?.(place, {}, leaf)
    }
    if (apiKey !== undefined) tiles.push(hashes)
    for (const tile of upper.splice(0)) await compareTile(base, tile, findings)
  }
  for (let level = 1; verifier.partialTile(level).length > 0; level += 1) {
    const hashes = [...verifier.partialTile(level)]
    await compareTile(base, { level, index: Math.floor(size / tileWidth ** (level + 1)), hashes }, findings)
  }
  findings.push(...verifier.finish())
  const leafAt = (index: number) => tiles[Math.floor(index / tileWidth)]?.[index % tileWidth] as Uint8Array
  const checked = apiKey === undefined ? undefined : await checkEvents({ base, apiKey, size, leafAt, expected }, findings)
  const { count: entries = 0, disclosed, complete } = checked ?? {}
  return { origin, size, entries, disclosed, complete, root: verifier.root(), key, checkpoints: heads.length, findings }
}
