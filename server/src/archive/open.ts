import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { LogError } from '@countersign/log/errors.ts'
import { archiveFiles } from './files.ts'
import { readLayout } from './unzip.ts'
import type { Layout, PlacedFile } from './zip.ts'

const chunkBytes = 1 << 18
/** The small files: an export's own event, a checkpoint, a key. */
const smallMaximum = 1 << 20

/** An export, packed as it was sent or unpacked into a folder. */
export type Archive = {
  names: readonly string[]
  /** The bytes of a file. */
  read(name: string): AsyncGenerator<Buffer, void, undefined>
  /** A small file, whole. */
  text(name: string): Promise<string>
  /** SHA-256 of a file as it is packed, once it was read to its end; undefined in a folder. */
  packedDigest(name: string): Buffer | undefined
}

const missing = (name: string): LogError => new LogError('malformed_export', `It has no ${name}.`)

const gatherText = async (read: Archive['read'], name: string): Promise<string> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of read(name)) {
    length += chunk.length
    if (length > smallMaximum) throw new LogError('malformed_export', `${name} is too long.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const readPacked = async function* (path: string, { at, packed }: PlacedFile, onEnd: (digest: Buffer) => void) {
  const digest = createHash('sha256')
  if (packed > 0) {
    for await (const chunk of createReadStream(path, { start: at, end: at + packed - 1, highWaterMark: chunkBytes })) {
      digest.update(chunk as Buffer)
      yield chunk as Buffer
    }
  }
  onEnd(digest.digest())
}

const inflate = async function* (packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pipeline(packed, createInflateRaw({ chunkSize: chunkBytes }), () => {}) as unknown as AsyncIterable<Buffer>
  } catch (error) {
    if (error instanceof LogError || !String((error as { code?: string }).code).startsWith('Z_')) throw error
    throw new LogError('malformed_export', 'What it has packed cannot be unpacked.')
  }
}

const openZip = (path: string, { files }: Layout): Archive => {
  const digests = new Map<string, Buffer>()
  const read = async function* (name: string): AsyncGenerator<Buffer, void, undefined> {
    const file = files.find((each) => each.name === name)
    if (!file) throw missing(name)
    const packed = readPacked(path, file, (digest) => digests.set(name, digest))
    let [length, crc] = [0, 0]
    for await (const chunk of file.deflated ? inflate(packed) : packed) {
      length += chunk.length
      crc = crc32(chunk, crc)
      if (length > file.size) break
      yield chunk
    }
    if (length !== file.size || crc !== file.crc) throw new LogError('malformed_export', `${name} is not what its checksum says.`)
  }
  return {
    names: files.map(({ name }) => name),
    read,
    text: (name) => gatherText(read, name),
    packedDigest: (name) => digests.get(name),
  }
}

const openFolder = (path: string, names: readonly string[]): Archive => {
  const read = async function* (name: string): AsyncGenerator<Buffer, void, undefined> {
    if (!names.includes(name)) throw missing(name)
    for await (const chunk of createReadStream(join(path, name), { highWaterMark: chunkBytes })) yield chunk as Buffer
  }
  return { names, read, text: (name) => gatherText(read, name), packedDigest: () => undefined }
}

const isFile = async (path: string): Promise<boolean> =>
  await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

/** Whether there is an export at this path, and not the folder of a whole log. */
export const isArchive = async (path: string): Promise<boolean> => (await isFile(path)) || (await isFile(join(path, archiveFiles.manifest)))

/** Opens an export, whichever it is. */
export const openArchive = async (path: string): Promise<Archive> => {
  if (await isFile(path)) {
    const file = await open(path)
    try {
      return openZip(path, await readLayout(file))
    } finally {
      await file.close()
    }
  }
  const { readme, entries, manifest, proof, checkpoint, key } = archiveFiles
  const known = [
    readme,
    archiveFiles.events('csv'),
    archiveFiles.events('json'),
    archiveFiles.events('ndjson'),
    entries,
    manifest,
    proof,
    checkpoint,
    key,
  ]
  const present = await Promise.all(known.map((name) => isFile(join(path, name))))
  return openFolder(
    path,
    known.filter((_, at) => present[at]),
  )
}
