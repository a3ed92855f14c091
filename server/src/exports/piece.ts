import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { NodeReader } from '@countersign/log/tile.ts'
import { archiveFiles } from '../archive/files.ts'
import type { PackedFile } from '../archive/zip.ts'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'
import { readEntriesAt } from './read.ts'
import type { ExportRow } from './row.ts'
import { deflate, writeEntries, writeEvents, writeProof } from './write.ts'

/** A stretch of one file of an export: of which entries it is made, or its own bytes where it is made of none. */
export type Source = { indexes: number[] | null; literal: Buffer | null }
export type Piece = Source & { file: string; n: number; starts_at: number; length: number; is_last: boolean; sha256: Buffer }

const digestOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** Packs the stretches of one file as they come, and keeps account of it. */
export const newFile = (name: string, { deflated }: { deflated: boolean }) => {
  let [n, size, packed, crc] = [0, 0, 0, 0]
  const bytes = createHash('sha256')
  const content = createHash('sha256')
  return {
    add(raw: Buffer, isLast: boolean, source: Partial<Source>): Piece {
      const sent = deflated ? deflate(raw, isLast) : raw
      const piece = {
        indexes: null,
        literal: null,
        ...source,
        file: name,
        n,
        starts_at: packed,
        length: sent.length,
        is_last: isLast,
        sha256: digestOf(sent),
      }
      bytes.update(sent)
      content.update(raw)
      crc = crc32(raw, crc)
      n += 1
      size += raw.length
      packed += sent.length
      return piece
    },
    packedFile: (): PackedFile => ({ name, deflated, crc, size, packed }),
    /** SHA-256 of the file as it is packed, and of what it holds. */
    digests: () => ({ packed: bytes.copy().digest(), content: content.copy().digest() }),
  }
}

/** What `packed_sha256` is: SHA-256 of the digests of the packed files, in their order. */
export const joinDigests = (digests: readonly Buffer[]): Buffer => digestOf(Buffer.concat(digests))

const writeRaw = async (store: Pick<Store, 'db'>, row: ExportRow, piece: Piece, nodes: NodeReader): Promise<Buffer> => {
  const { file, n, is_last, indexes, literal } = piece
  if (literal) return literal
  const numbers = indexes ?? []
  if (file === archiveFiles.proof) return await writeProof(nodes, numbers)
  const rows = await readEntriesAt(store, row, numbers.map(String))
  if (rows.length !== numbers.length) throw new Refusal('export_changed')
  return file === archiveFiles.events(row.format)
    ? writeEvents(row.format, rows, { isFirst: n === 0, isLast: is_last })
    : writeEntries(rows)
}

/** A stretch as it is sent, written anew from the log. It is the bytes that it was when the export was made, or none. */
export const writePiece = async (
  store: Pick<Store, 'db'>,
  row: ExportRow,
  piece: Piece,
  { nodes, deflated }: { nodes: NodeReader; deflated: boolean },
): Promise<Buffer> => {
  const raw = await writeRaw(store, row, piece, nodes)
  const sent = deflated ? deflate(raw, piece.is_last) : raw
  if (!digestOf(sent).equals(piece.sha256)) throw new Refusal('export_changed')
  return sent
}
