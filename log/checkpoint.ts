import { formatBase64, parseBase64 } from './bytes.ts'
import { LogError } from './errors.ts'
import { openNote, type Signer, signNote, type VerifierKey } from './note.ts'
import { hashLength } from './tree.ts'

/** What a checkpoint says: the log `origin` had this root when it had this many leaves (C2SP tlog-checkpoint). */
export type Checkpoint = { origin: string; size: number; root: Uint8Array }

/** The note's text. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string => {
  if (origin === '' || origin.includes('\n') || root.length !== hashLength || !Number.isSafeInteger(size) || size < 0)
    throw new LogError('malformed_checkpoint')
  return `${origin}\n${size}\n${formatBase64(root)}\n`
}

/** Reads a note's text. Extension lines are allowed and ignored. */
export const parseCheckpoint = (text: string): Checkpoint => {
  const [origin, size, root, ...extensions] = text.split('\n')
  if (!origin || !size || !root || extensions.pop() !== '' || extensions.includes('')) throw new LogError('malformed_checkpoint')
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) throw new LogError('malformed_checkpoint')
  const bytes = parseBase64(root, 'malformed_checkpoint')
  if (bytes.length !== hashLength) throw new LogError('malformed_checkpoint')
  return { origin, size: Number(size), root: bytes }
}

export const signCheckpoint = (checkpoint: Checkpoint, signer: Signer): string => signNote(formatCheckpoint(checkpoint), signer)

/** A checkpoint that one of the log's trusted keys signed. The keys' name is the log's origin. */
export const verifyCheckpoint = async (note: string, trusted: readonly VerifierKey[]): Promise<Checkpoint> => {
  const { text, signedBy } = await openNote(note, trusted)
  const checkpoint = parseCheckpoint(text)
  if (!signedBy.some((key) => key.name === checkpoint.origin)) throw new LogError('other_log', `It says ${checkpoint.origin}.`)
  return checkpoint
}
