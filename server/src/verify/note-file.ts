import { readFile } from 'node:fs/promises'
import { type Checkpoint, parseCheckpoint } from '@countersign/log/checkpoint.ts'
import { LogError } from '@countersign/log/errors.ts'
import { parseNote } from '@countersign/log/note.ts'
import { Trouble } from '../errors.ts'

/** A note in UTF-16 has a zero beside each letter of its first line. */
const encodingOf = (bytes: Buffer): string => {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || (bytes[0] !== 0 && bytes[1] === 0)) return 'utf-16le'
  return mark === 'feff' || (bytes[0] === 0 && bytes[1] !== 0) ? 'utf-16be' : 'utf-8'
}

const decode = (bytes: Buffer): string => {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** A note's text as it was signed, whatever an editor, a shell or a mail made of its encoding and its ends of lines. */
export const decodeNote = (bytes: Buffer): string => `${decode(bytes).replaceAll(/\r\n?/g, '\n').replace(/^\n+/, '').trimEnd()}\n`

/** The checkpoint that somebody kept in a file: as it was signed, and what it says. Nothing of it has been verified. */
export const readKeptCheckpoint = async (path: string): Promise<{ note: string; says: Checkpoint }> => {
  const bytes = await readFile(path).catch((cause) => {
    throw new Trouble(
      `The checkpoint ${path} cannot be read: ${(cause as Error).message}`,
      'Name the file of a checkpoint that you kept.',
      cause,
    )
  })
  const note = decodeNote(bytes)
  try {
    return { note, says: parseCheckpoint(parseNote(note).text) }
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    throw new Trouble(
      `${path} is not a checkpoint: ${error.message}`,
      'Name the file of a checkpoint that you kept, such as one from /log/checkpoint. Nothing has been verified.',
      error,
    )
  }
}
