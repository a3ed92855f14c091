import { readFile } from 'node:fs/promises'
import { Trouble } from '../errors.ts'
import { decodeNote } from './note-file.ts'

const noteIn = (value: unknown): string | undefined => {
  const { promise, note } = (typeof value === 'object' && value !== null ? value : { promise: value }) as {
    promise?: unknown
    note?: unknown
  }
  if (typeof promise === 'string') return Buffer.from(promise, 'base64').toString('utf8')
  return typeof note === 'string' ? note : undefined
}

/** A promise as it was kept on a line: the header or its value, or JSON of it. What is none of these is no promise of anybody's. */
const readLine = (line: string): string => {
  if (!/^["{]/.test(line)) return noteIn(line.replace(/^countersign-promise:\s*/i, '')) ?? ''
  try {
    return noteIn(JSON.parse(line)) ?? ''
  } catch {
    return ''
  }
}

/** The notes in a text: one after the other as they were signed, or one a line as they stand in a header. */
const splitNotes = (text: string): string[] => {
  if (text.includes('\n\n\u2014 ')) return (text.match(/[^\n][\s\S]*?\n\n(?:\u2014 [^\n]*\n)+/g) ?? []).map(String)
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(readLine)
}

/** The promises that somebody kept in a file. Nothing of them has been verified. */
export const readPromiseFile = async (path: string): Promise<string[]> => {
  const bytes = await readFile(path).catch((cause) => {
    throw new Trouble(`The promises ${path} cannot be read: ${(cause as Error).message}`, 'Name the file of promises that you kept.', cause)
  })
  const notes = splitNotes(decodeNote(bytes))
  if (notes.length === 0)
    throw new Trouble(
      `${path} holds no promise.`,
      'Name a file of the headers Countersign-Promise that you kept, one a line, or of the notes in them.',
    )
  return notes
}
