import { formatBase64, parseBase64 } from './bytes.ts'
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts'
import { LogError } from './errors.ts'
import type { VerifierKey } from './note.ts'
import { type Proof, verifyInclusion } from './proof.ts'
import { type Hash, hashLength } from './tree.ts'

/** That an entry is in a log, to be verified without the log (C2SP tlog-proof). `checkpoint` is the signed note. */
export type TlogProof = { index: number; proof: Proof; checkpoint: string }

const firstLine = 'c2sp.org/tlog-proof@v1'
/** A tree of 2^53 leaves has no longer proof. */
const maxHashes = 53

export const formatTlogProof = ({ index, proof, checkpoint }: TlogProof): string =>
  `${[firstLine, `index ${index}`, ...proof.map(formatBase64)].join('\n')}\n\n${checkpoint}`

const parseHash = (line: string): Uint8Array => {
  const hash = parseBase64(line, 'malformed_proof')
  if (hash.length !== hashLength) throw new LogError('malformed_proof', 'A hash does not have 32 bytes.')
  return hash
}

/** Reads a proof. Extra data, which nothing vouches for, is ignored. Nothing in it is to be believed before it was verified. */
export const parseTlogProof = (text: string): TlogProof => {
  const end = text.indexOf('\n\n')
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n')
  if (end < 0 || first !== firstLine) throw new LogError('malformed_proof')
  if (lines[0]?.startsWith('extra ')) parseBase64((lines.shift() as string).slice('extra '.length), 'malformed_proof')
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '')?.[1]
  if (index === undefined || !Number.isSafeInteger(Number(index)) || lines.length > maxHashes) throw new LogError('malformed_proof')
  return { index: Number(index), proof: lines.map(parseHash), checkpoint: text.slice(end + 2) }
}

/** Verifies that a leaf is in the log that a trusted key signed, and answers where, and by which checkpoint. Throws LogError. */
export const verifyTlogProof = async (
  hash: Hash,
  text: string,
  leafHash: Uint8Array,
  trusted: readonly VerifierKey[],
): Promise<{ index: number; checkpoint: Checkpoint }> => {
  const { index, proof, checkpoint: note } = parseTlogProof(text)
  const checkpoint = await verifyCheckpoint(note, trusted)
  verifyInclusion(hash, { index, size: checkpoint.size, leafHash, proof, expectedRoot: checkpoint.root })
  return { index, checkpoint }
}
