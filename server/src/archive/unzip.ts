import type { FileHandle } from 'node:fs/promises'
import { LogError } from '@countersign/log/errors.ts'
import { type Layout, layOut, type PackedFile } from './zip.ts'

const limit = 0xffff_ffff
const endLength = 22
/** The largest directory that an export has, with room to spare. */
const directoryMaximum = 65_536

const malformed = (fact: string): LogError => new LogError('malformed_export', fact)

const readAt = async (file: FileHandle, at: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, at)
  if (bytesRead !== length) throw malformed('It ends too early.')
  return bytes
}

/** What the ZIP64 field of an entry says in place of values that do not fit. */
const readSizes = (entry: Buffer, nameLength: number): { size: number; packed: number } => {
  const [packed, size] = [entry.readUInt32LE(20), entry.readUInt32LE(24)]
  const large = entry.subarray(46 + nameLength + 4)
  const values = Array.from({ length: Math.floor(large.length / 8) }, (_, at) => Number(large.readBigUInt64LE(at * 8)))
  const take = (value: number): number => (value === limit ? (values.shift() ?? value) : value)
  const whole = take(size)
  return { size: whole, packed: take(packed) }
}

const readDirectory = (directory: Buffer): PackedFile[] => {
  const files: PackedFile[] = []
  for (let at = 0; at < directory.length; ) {
    if (directory.length - at < 46) throw malformed('Its directory is cut off.')
    const nameLength = directory.readUInt16LE(at + 28)
    const end = at + 46 + nameLength + directory.readUInt16LE(at + 30)
    const entry = directory.subarray(at, end)
    if (entry.length < 46 + nameLength) throw malformed('Its directory is cut off.')
    files.push({
      name: entry.toString('utf8', 46, 46 + nameLength),
      deflated: entry.readUInt16LE(10) === 8,
      crc: entry.readUInt32LE(16),
      ...readSizes(entry, nameLength),
    })
    at = end
  }
  return files
}

/** Where the directory begins. */
const findDirectory = async (file: FileHandle, length: number): Promise<number> => {
  if (length < endLength) throw malformed('It is too short.')
  const end = await readAt(file, length - endLength, endLength)
  if (end.readUInt32LE(0) !== 0x0605_4b50) throw malformed('It does not end as a ZIP file of ours does.')
  const at = end.readUInt32LE(16)
  if (at !== limit) return at
  const end64 = await readAt(file, Math.max(length - endLength - 20 - 56, 0), 56)
  return Number(end64.readBigUInt64LE(48))
}

/**
 * The layout of a ZIP file as we write it. Headers are not believed: they are written anew from what the directory says, and must be
 * the same bytes. So no byte of the file is left that nobody looks at.
 */
export const readLayout = async (file: FileHandle): Promise<Layout> => {
  const { size: length } = await file.stat()
  const at = await findDirectory(file, length)
  const tailLength = length - at
  if (!(tailLength >= endLength && tailLength <= directoryMaximum)) throw malformed('Its directory is not where it should be.')
  const tail = await readAt(file, at, tailLength)
  const entries = tail.subarray(0, tail.length - endLength - (at >= limit ? 76 : 0))
  const layout = layOut(readDirectory(entries))
  const isOurs = layout.length === length && layout.tailAt === at && layout.tail.equals(tail)
  if (!isOurs) throw malformed('Its directory is not as we write it. Where another program packed it anew, verify the unpacked folder.')
  for (const { header, at: dataAt, name } of layout.files) {
    const found = await readAt(file, dataAt - header.length, header.length)
    if (!found.equals(header)) throw malformed(`The header of ${name} is not as we write it.`)
  }
  return layout
}
