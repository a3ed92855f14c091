import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { LogError } from '@countersign/log/errors.ts'
import { type Replacement, readReplacements } from '@countersign/log/tallies.ts'
import { tileWidth } from '@countersign/log/tile.ts'
import type { LogSource } from '@countersign/log/verify.ts'
import { decodeNote } from './note-file.ts'

/** The files of an exported log. */
export const logFiles = {
  checkpoint: 'checkpoint',
  checkpoints: 'checkpoints.ndjson',
  entries: 'entries.ndjson',
  disclosures: 'disclosures.ndjson',
  leaves: 'leaf-hashes',
  key: 'log.vkey',
  readme: 'README.txt',
} as const

const newline = 0x0a

/** An entry holds no raw carriage return: one at the end of its line came with a copy that changed the ends of lines. */
const withoutReturn = (line: Buffer): Buffer => (line.at(-1) === 0x0d ? line.subarray(0, -1) : line)

/** Lines of a file as bytes, in batches, without a copy of each. What follows the last newline is a line of its own. */
export const splitLines = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const lines: Buffer[] = []
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      lines.push(bytes.subarray(start, end))
      start = end + 1
    }
    rest = bytes.subarray(start)
    yield lines
  }
  if (rest.length > 0) yield [rest]
}

/** The lines of a file of entries. */
export const readLines = async function* (path: string): AsyncGenerator<Uint8Array[]> {
  for await (const lines of splitLines(createReadStream(path, { highWaterMark: 1 << 20 }))) yield lines.map(withoutReturn)
}

const findNote = (line: string): string | undefined => {
  try {
    const { note } = JSON.parse(line) as { note?: unknown }
    return typeof note === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

const readNotes = async function* (path: string): AsyncGenerator<string> {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    const note = findNote(line)
    if (note === undefined) throw new LogError('malformed_note', `Line ${number} of ${path} is not a checkpoint.`)
    yield note
  }
}

/** An array of disclosures a line; a line in another form is one disclosure that is none. */
const readDisclosures = async function* (path: string): AsyncGenerator<readonly string[]> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    let read: unknown
    try {
      read = JSON.parse(line)
    } catch {
      read = undefined
    }
    yield Array.isArray(read) ? read.map(String) : [line]
  }
}

/** Where ids of tenants were given away: few lines say so, and these are looked for by their bytes. */
const readReplacementsIn = async (path: string): Promise<Replacement[]> => {
  const found: Replacement[] = []
  let index = 0
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      if (Buffer.from(line.buffer, line.byteOffset, line.byteLength).includes('"recreated":['))
        found.push(...readReplacementsOf(index, line))
      index += 1
    }
  }
  return found
}

const readReplacementsOf = (index: number, line: Uint8Array): Replacement[] => {
  try {
    return readReplacements(index, JSON.parse(new TextDecoder().decode(line)))
  } catch {
    return [] // a finding of its own
  }
}

const exists = async (path: string): Promise<boolean> =>
  await stat(path).then(
    () => true,
    () => false,
  )

/** An exported log as a source. The tiles are read from the file of leaf hashes, if it is there. */
export const openLogFolder = async (folder: string): Promise<LogSource & { key: string; close: () => Promise<void> }> => {
  const at = (name: keyof typeof logFiles) => join(folder, logFiles[name])
  const checkpoint = decodeNote(await readFile(at('checkpoint')))
  const key = decodeNote(await readFile(at('key'))).trim()
  const leaves = (await exists(at('leaves'))) ? await open(at('leaves')) : undefined
  return {
    key,
    checkpoint,
    checkpoints: (await exists(at('checkpoints'))) ? readNotes(at('checkpoints')) : [],
    entries: readLines(at('entries')),
    replacements: await readReplacementsIn(at('entries')),
    ...((await exists(at('disclosures'))) && { disclosures: readDisclosures(at('disclosures')) }),
    ...(leaves && {
      readTile: async ({ index, width }) => {
        const bytes = Buffer.alloc(width * 32)
        const { bytesRead } = await leaves.read(bytes, 0, bytes.length, index * tileWidth * 32)
        return bytesRead === bytes.length ? bytes : undefined
      },
    }),
    close: async () => await leaves?.close(),
  }
}
