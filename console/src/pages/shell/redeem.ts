import type { LogStatus } from '@countersign/contract/events.ts'
import { LogError } from '@countersign/log/errors.ts'
import { parseNote, parseVerifierKey, type VerifierKey } from '@countersign/log/note.ts'
import { type PromisedEntry, promiseKeyOf, verifyPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256.ts'
import { verifyTlogProof } from '@countersign/log/tlog-proof.ts'
import { isNotFound } from '../../api/failure.ts'
import type { KeptPromise } from '../../api/promises.ts'
import type { BrokenPromise } from './useBrokenPromises.ts'

type Needs = {
  kept: readonly KeptPromise[]
  readBytes(path: string): Promise<Uint8Array<ArrayBuffer>>
  /** The state of the log, read before. */
  log: Pick<LogStatus, 'state' | 'signed_at'>
  drop(kept: KeptPromise): void
}

/** Promises that are judged in one round: the others wait for the next. */
const roundMaximum = 20

const utf8 = new TextDecoder()

const noteOf = ({ promise }: KeptPromise): string => {
  try {
    return utf8.decode(Uint8Array.from(atob(promise), (character) => character.charCodeAt(0)))
  } catch {
    return ''
  }
}

/** Whether a note says that this key signed it. Of another log, such as of a data folder before this one, nothing is said here. */
const isOf = (note: string, { name, id }: VerifierKey): boolean => {
  try {
    return parseNote(note).signatures.some((signature) => signature.name === name && signature.id === id)
  } catch {
    return false
  }
}

const isInLog = async ({ id, leaf }: PromisedEntry, key: VerifierKey, { readBytes }: Needs): Promise<boolean> => {
  try {
    await verifyTlogProof(sha256, utf8.decode(await readBytes(`/api/audit/${id}/proof`)), leaf, [key])
    return true
  } catch (error) {
    if (error instanceof LogError || isNotFound(error)) return false
    throw error
  }
}

/** A log that keeps up and has signed since has all that was due before: what it lacks is not on its way. */
const hasGoneBeyond = (due: string, { state, signed_at }: Needs['log']): boolean =>
  state === 'live' && signed_at !== null && Date.parse(signed_at) > Date.parse(due)

/**
 * Redeems promises of this log by the proofs of their events, and lets go of those that were kept. Answers those that were broken. Throws
 * where the server does not answer, or this browser cannot check signatures.
 */
export const redeem = async (needs: Needs): Promise<BrokenPromise[]> => {
  const key = parseVerifierKey(sha256, utf8.decode(await needs.readBytes('/log/key')).trim())
  const promising = promiseKeyOf(sha256, key)
  const ours = needs.kept.map((kept) => ({ kept, note: noteOf(kept) })).filter(({ note }) => isOf(note, promising))
  const broken: BrokenPromise[] = []
  for (const { kept, note } of ours.slice(0, roundMaximum)) {
    const promise = await verifyPromise(sha256, note, key).catch((error: unknown) => {
      if (!(error instanceof LogError)) throw error
      return undefined
    })
    const missing: PromisedEntry[] = []
    for (const entry of promise?.entries ?? []) if (!(await isInLog(entry, key, needs))) missing.push(entry)
    const [first] = missing
    if (!promise || !first) needs.drop(kept)
    else if (hasGoneBeyond(promise.due, needs.log)) broken.push({ kept, note, count: missing.length, at: first.occurred_at })
  }
  return broken
}
