/*
 * A ZIP file as we write it: all that is known of it before its first byte is, so that it can be sent from any byte on. There are no
 * comments, no times, no attributes, and one way to write each header: whoever knows the files knows every other byte.
 */

/** A file as it is packed: its length before and after, and the CRC-32 of what it was. */
export type PackedFile = { name: string; deflated: boolean; crc: number; size: number; packed: number }

/** Where its bytes begin, after its header. */
export type PlacedFile = PackedFile & { header: Buffer; at: number }

export type Layout = { files: PlacedFile[] /** The directory at the end. */; tail: Buffer; tailAt: number; length: number }

const limit = 0xffff_ffff
const utf8Names = 0x0800
/** 1 January 1980, as there has to be one. */
const noDate = 0x0021

const field = (value: number, bytes: 2 | 4 | 8): Buffer => {
  const buffer = Buffer.alloc(bytes)
  if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value))
  else buffer.writeUIntLE(value, 0, bytes)
  return buffer
}
const short = (...values: number[]): Buffer => Buffer.concat(values.map((value) => field(value, 2)))
const long = (...values: number[]): Buffer => Buffer.concat(values.map((value) => field(value, 4)))
/** What does not fit has its true value in the ZIP64 field. */
const fit = (...values: number[]): Buffer => long(...values.map((value) => Math.min(value, limit)))

/** The values that do not fit into 32 bits, in the order of the specification (APPNOTE 4.5.3). */
const zip64Field = (values: readonly number[]): Buffer =>
  values.length === 0 ? Buffer.alloc(0) : Buffer.concat([short(1, values.length * 8), ...values.map((value) => field(value, 8))])

/** What both headers of a file say. */
const common = ({ name, deflated, crc, size, packed }: PackedFile, version: number, extra: Buffer): Buffer =>
  Buffer.concat([
    short(version, utf8Names, deflated ? 8 : 0, 0, noDate),
    long(crc),
    fit(packed, size),
    short(Buffer.byteLength(name), extra.length),
  ])

const versionOf = (extra: Buffer): number => (extra.length > 0 ? 45 : 20)

const localHeader = (file: PackedFile): Buffer => {
  const isLarge = Math.max(file.size, file.packed) >= limit
  const sizes = isLarge ? [file.size, file.packed] : []
  const extra = zip64Field(sizes)
  const full = isLarge ? { ...file, size: limit, packed: limit } : file
  return Buffer.concat([long(0x0403_4b50), common(full, versionOf(extra), extra), Buffer.from(file.name), extra])
}

const directoryEntry = (file: PackedFile, at: number): Buffer => {
  const extra = zip64Field([file.size, file.packed, at].filter((value) => value >= limit))
  return Buffer.concat([
    long(0x0201_4b50),
    short(versionOf(extra)),
    common(file, versionOf(extra), extra),
    short(0, 0, 0),
    long(0),
    fit(at),
    Buffer.from(file.name),
    extra,
  ])
}

const endOf = (count: number, size: number, at: number): Buffer => {
  const end = Buffer.concat([long(0x0605_4b50), short(0, 0, count, count), fit(size, at), short(0)])
  if (at < limit) return end
  const end64 = Buffer.concat([
    long(0x0606_4b50),
    field(44, 8),
    short(45, 45),
    long(0, 0),
    ...[count, count, size, at].map((n) => field(n, 8)),
  ])
  const locator = Buffer.concat([long(0x0706_4b50, 0), field(at + size, 8), long(1)])
  return Buffer.concat([end64, locator, end])
}

/** Where everything stands in the file. */
export const layOut = (files: readonly PackedFile[]): Layout => {
  let next = 0
  const entries: Buffer[] = []
  const placed = files.map((file): PlacedFile => {
    const header = localHeader(file)
    entries.push(directoryEntry(file, next))
    const at = next + header.length
    next = at + file.packed
    return { ...file, header, at }
  })
  const directory = Buffer.concat(entries)
  const tail = Buffer.concat([directory, endOf(files.length, directory.length, next)])
  return { files: placed, tail, tailAt: next, length: next + tail.length }
}
