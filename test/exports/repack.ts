import { writeFileSync } from 'node:fs'
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { layOut, type PackedFile } from '../../server/src/archive/zip.ts'

/** The files of a packed export, by their directory alone. */
export const unpack = (bytes: Buffer): Map<string, Buffer> => {
  const files = new Map<string, Buffer>()
  const at = bytes.readUInt32LE(bytes.length - 6)
  for (let entry = at; bytes.readUInt32LE(entry) === 0x0201_4b50; ) {
    const [nameLength, extra] = [bytes.readUInt16LE(entry + 28), bytes.readUInt16LE(entry + 30)]
    const name = bytes.toString('utf8', entry + 46, entry + 46 + nameLength)
    const local = bytes.readUInt32LE(entry + 42)
    const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const packed = bytes.subarray(data, data + bytes.readUInt32LE(entry + 20))
    files.set(name, bytes.readUInt16LE(entry + 10) === 8 ? inflateRawSync(packed) : packed)
    entry += 46 + nameLength + extra
  }
  return files
}

/** Packs files as whoever forges an export would: all headers and checksums fit. */
export const repack = (path: string, files: ReadonlyMap<string, Buffer>): string => {
  const packs = [...files].map(([name, raw]) => {
    const deflated = /^(README|events|entries)/.test(name)
    const bytes = deflated ? deflateRawSync(raw) : raw
    const file: PackedFile = { name, deflated, crc: crc32(raw), size: raw.length, packed: bytes.length }
    return { file, bytes }
  })
  const { files: placed, tail } = layOut(packs.map(({ file }) => file))
  writeFileSync(path, Buffer.concat([...placed.flatMap(({ header }, at) => [header, packs[at]?.bytes as Buffer]), tail]))
  return path
}
