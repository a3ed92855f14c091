import { parseBase64, sameBytes } from './bytes.ts'
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts'
import { leafOf, parseEntry } from './entry.ts'
import { LogError } from './errors.ts'
import type { VerifierKey } from './note.ts'
import { verifyInclusion } from './proof.ts'
import { tallied } from './tallies.ts'
import { type Tally, verifyTally } from './tally.ts'
import { parseTlogProof } from './tlog-proof.ts'
import type { Hash } from './tree.ts'

/** What a log has of a tenant, as it is served. Hashes are base64; `entry` is the entry that holds the map's root. */
export type Completeness = {
  count: number
  place: string | null
  chain: string | null
  since: string | null
  siblings: readonly string[]
  entry: string
  /** C2SP tlog-proof of that entry: the last one under its checkpoint. */
  proof: string
}

const utf8 = new TextEncoder()
const hashOf = (text: string | null): Uint8Array => parseBase64(text ?? '', 'malformed_proof')

/**
 * Verifies that a log had this of a tenant, in all entries up to `size`: by the entry that was signed last, and the tally's place
 * under the root in it. Throws LogError.
 */
export const verifyCompleteness = async (
  hash: Hash,
  given: Completeness,
  trusted: readonly VerifierKey[],
): Promise<{ checkpoint: Checkpoint; size: number; tally: Tally }> => {
  const { index, proof, checkpoint: note } = parseTlogProof(given.proof)
  const checkpoint = await verifyCheckpoint(note, trusted)
  if (index !== checkpoint.size - 1) throw new LogError('tally_mismatch', 'It is not what was signed last.')
  verifyInclusion(hash, { index, size: checkpoint.size, leafHash: leafOf(hash, given.entry), proof, expectedRoot: checkpoint.root })
  const { action, details } = parseEntry(utf8.encode(given.entry)) as { action?: unknown; details?: { root?: unknown; size?: unknown } }
  if (action !== tallied || details?.size !== index) throw new LogError('tally_mismatch', 'The entry is not one of tallies.')
  // A tenant whose key works has at least the entry of that key: to have nothing is not to be proven, and not to be believed.
  if (given.count === 0) throw new LogError('tally_mismatch', 'The log is said to have nothing of the tenant, which nothing proves.')
  const tally = { count: given.count, place: hashOf(given.place), chain: hashOf(given.chain), since: given.since ?? '' }
  verifyTally(hash, tally, given.siblings.map(hashOf), hashOf(String(details.root)))
  return { checkpoint, size: index, tally }
}

/** Judges what a tenant was shown, tallied in the order of the log, against what the log has: what is wrong, if anything is. */
export const findHidden = (expected: Tally, shown: Tally): string | undefined => {
  const [had, were] = [expected.count, shown.count]
  if (were < had) return `The log has ${had} events of the tenant, and ${were} were shown: ${had - were} were kept back.`
  if (were > had) return `The log has ${had} events of the tenant, and ${were} were shown: some are not its own.`
  return sameBytes(shown.chain, expected.chain) ? undefined : `The ${were} events that were shown are not the ${had} that the log has.`
}
