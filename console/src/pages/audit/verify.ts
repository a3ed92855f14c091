import type { LoggedEvent } from '@countersign/contract/events.ts'
import { type Checkpoint, verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { conceal, digestsIn, judgeDisclosures, reveal } from '@countersign/log/disclosure.ts'
import { canonicalForm, leafOf } from '@countersign/log/entry.ts'
import { LogError } from '@countersign/log/errors.ts'
import { fingerprintOf, parseVerifierKey, type VerifierKey } from '@countersign/log/note.ts'
import { proveConsistency, verifyConsistency, verifyInclusion } from '@countersign/log/proof.ts'
import { sha256 } from '@countersign/log/sha256.ts'
import { nodesFromTiles, tilePath } from '@countersign/log/tile.ts'
import { parseTlogProof, type TlogProof } from '@countersign/log/tlog-proof.ts'
import { isFailure } from '../../api/failure.ts'
import { formatDay, formatNumber, plural } from '../../ui/format.ts'
import type { Seen } from './seen.ts'

export const stepNames = ['shown', 'key', 'signature', 'place', 'before'] as const
export type StepName = (typeof stepNames)[number]
/** `open` where it could not be judged, for what went before it or for want of an answer. */
export type Step = { name: StepName; state: 'ok' | 'bad' | 'open'; words: string }

export type Verdict = {
  steps: Step[]
  /** What this browser should remember from now on; undefined where the log is not to be believed. */
  seen: Seen | undefined
}

type Needs = {
  readBytes(path: string): Promise<Uint8Array<ArrayBuffer>>
  seen: Seen | undefined
  now: string
}

/** Ends a step: what is wrong, in words for people. */
class Wrong extends Error {}

const signatureFaults: Partial<Record<LogError['code'], string>> = {
  malformed_proof: 'The proof is cut off, or garbled: it cannot be read.',
  unsigned: 'The checkpoint has no signature by this key: somebody else signed it.',
  signature_wrong: 'The signature on the checkpoint is wrong: the checkpoint was changed after it was signed.',
}

const failed = (error: unknown): Pick<Step, 'state' | 'words'> => {
  if (error instanceof Wrong) return { state: 'bad', words: error.message }
  if (error instanceof LogError) return { state: 'bad', words: signatureFaults[error.code] ?? error.message }
  if (isFailure(error)) return { state: 'open', words: `${error.message} ${error.hint}` }
  if (error instanceof DOMException)
    return { state: 'open', words: 'This browser cannot check Ed25519 signatures. Use a newer one, or countersign verify.' }
  throw error
}

const utf8 = new TextDecoder()
const sizeWords = (size: number): string => plural(size, 'entry', 'entries')

/** The leaf of the event as it is shown; each value in it must be one that the entry commits to. */
const leafOfShown = ({ log_index: _, erased = [], erasure: __, disclosures = [], ...event }: LoggedEvent): Uint8Array => {
  const entry = conceal(event)
  const { values, missing, faults } = judgeDisclosures(sha256, entry, disclosures)
  const [fault] = faults
  if (fault !== undefined) throw new Wrong(`${fault} It was changed in transit, or in the database.`)
  const { erasable: ___, ...shown } = event
  if (canonicalForm(reveal(entry, (path) => values.get(path)).event) !== canonicalForm(shown))
    throw new Wrong('A value shown here is not the one that the log committed to. It was changed in transit, or in the database.')
  if (erased.toSorted().join() !== [...missing.keys()].sort().join())
    throw new Wrong('The values called erased are not the ones missing from this event.')
  return leafOf(sha256, entry)
}

const tellShown = (event: LoggedEvent): string => {
  const count = digestsIn(event).size - (event.erased?.length ?? 0)
  const values = count === 0 ? 'It names nobody' : `${plural(count, 'value')} in it ${count === 1 ? 'is' : 'are'} what its entry commits to`
  return `${values}; its entry was hashed in this browser.`
}

const pinned = (seen: Seen): string => `This browser has known it since ${formatDay(seen.pinned_at)}.`

const trust = async ({ readBytes, seen, now }: Needs): Promise<{ key: VerifierKey; kept: Seen; words: string }> => {
  const text = utf8.decode(await readBytes('/log/key')).trim()
  const key = parseVerifierKey(sha256, text)
  const fingerprint = fingerprintOf(sha256, key)
  if (!seen)
    return {
      key,
      kept: { key: text, pinned_at: now },
      words: `The server names ${fingerprint}. This browser met it now and will notice another one. Compare it with the one that your administrator tells you.`,
    }
  if (seen.key !== text) {
    const known = parseVerifierKey(sha256, seen.key)
    throw new Wrong(
      `The server now names ${fingerprint} for ${key.name}, and this browser has known ${fingerprintOf(sha256, known)} for ${known.name} since ${formatDay(seen.pinned_at)}. A log never changes its key: ask your administrator which is right.`,
    )
  }
  return { key, kept: seen, words: `The server names ${fingerprint}. ${pinned(seen)}` }
}

const placeFaults: Partial<Record<LogError['code'], string>> = {
  proof_length: 'The proof has too few or too many hashes: it was cut, or is that of another entry.',
  root_mismatch: 'The event as it is shown is not the one that the log holds in this place: it was changed in transit, or in the database.',
  out_of_range: 'The proof is for a place beyond the end of the log.',
}

const verifyPlace = (event: LoggedEvent, leafHash: Uint8Array, { index, proof }: TlogProof, { size, root }: Checkpoint): string => {
  if (index !== event.log_index)
    throw new Wrong(`The proof is of entry #${formatNumber(index)}, and this is shown as #${formatNumber(event.log_index)}.`)
  try {
    verifyInclusion(sha256, { index, size, leafHash, proof, expectedRoot: root })
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    throw new Wrong(placeFaults[error.code] ?? error.message)
  }
  return `It is entry #${formatNumber(index)}: ${plural(proof.length, 'hash', 'hashes')} lead from it to the signed root.`
}

/** The log that is shown now must continue the one that this browser has seen. */
const verifyContinues = async ({ readBytes }: Needs, { key, newest }: Seen, now: Checkpoint): Promise<string> => {
  if (!newest) return `This is the first checkpoint that this browser keeps: ${sizeWords(now.size)}. Later ones must continue it.`
  const before = await verifyCheckpoint(newest.note, [parseVerifierKey(sha256, key)])
  const [then, today] = [sizeWords(before.size), sizeWords(now.size)]
  if (before.size > now.size)
    throw new Wrong(
      `The log has shrunk: this browser has seen ${then}, on ${formatDay(newest.seen_at)}, and is now shown a checkpoint of ${today}.`,
    )
  const readTile = (tile: Parameters<typeof tilePath>[0]) => readBytes(`/log/${tilePath(tile)}`)
  try {
    const proof =
      before.size === now.size ? [] : await proveConsistency(sha256, nodesFromTiles(sha256, readTile, now.size), before.size, now.size)
    verifyConsistency(sha256, { size1: before.size, size2: now.size, root1: before.root, root2: now.root, proof })
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    throw new Wrong(
      `The log was forked: ${today} shown now do not begin with the ${then} that this browser saw on ${formatDay(newest.seen_at)}.`,
    )
  }
  return before.size === now.size
    ? `It is the checkpoint that this browser has seen: ${then}.`
    : `It continues the ${then} that this browser has seen: nothing of them was changed or taken away.`
}

/** What a checkpoint that was verified adds to what is remembered. */
const remember = (kept: Seen, note: string, now: string): Seen => ({ ...kept, newest: { note, seen_at: now } })

/**
 * Verifies an event as it is shown, with nothing but its own bytes, the proof that the server gives and what this browser
 * remembers. Each step is told as soon as it is done.
 */
export const verifyEvent = async (event: LoggedEvent, needs: Needs, onStep: (step: Step) => void = () => {}): Promise<Verdict> => {
  const steps: Step[] = []
  const step = async <T extends { words: string }>(name: StepName, work: () => T | Promise<T>): Promise<T | undefined> => {
    const tell = (told: Pick<Step, 'state' | 'words'>): void => {
      steps.push({ name, ...told })
      onStep({ name, ...told })
    }
    try {
      const done = await work()
      tell({ state: 'ok', words: done.words })
      return done
    } catch (error) {
      tell(failed(error))
      return undefined
    }
  }
  const shown = await step('shown', () => ({ leaf: leafOfShown(event), words: tellShown(event) }))
  const trusted = await step('key', () => trust(needs))
  const signed =
    trusted &&
    (await step('signature', async () => {
      const proof = parseTlogProof(utf8.decode(await needs.readBytes(`/api/audit/${event.id}/proof`)))
      const checkpoint = await verifyCheckpoint(proof.checkpoint, [trusted.key])
      return { proof, checkpoint, words: `The checkpoint of ${sizeWords(checkpoint.size)} is signed with this key.` }
    }))
  if (shown && signed) await step('place', () => ({ words: verifyPlace(event, shown.leaf, signed.proof, signed.checkpoint) }))
  const continues =
    trusted && signed && (await step('before', async () => ({ words: await verifyContinues(needs, trusted.kept, signed.checkpoint) })))
  return { steps, seen: continues && trusted && signed ? remember(trusted.kept, signed.proof.checkpoint, needs.now) : undefined }
}
