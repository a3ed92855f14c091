import { constants, deflateRawSync } from 'node:zlib'
import type { ExportFormat } from '@countersign/contract/exports.ts'
import { formatCoverNode, gapsOf } from '@countersign/log/cover.ts'
import type { NodeReader } from '@countersign/log/tile.ts'
import { formatArchivedEntry } from '../archive/files.ts'
import { shownEvent, written } from '../archive/render.ts'
import type { Revealed } from '../audit/disclose.ts'

/** A stretch of a file: where it stands in it decides how it begins and ends. */
export type Stretch = { isFirst: boolean; isLast: boolean }

/** The events as people and programs read them. */
export const writeEvents = (format: ExportFormat, rows: readonly Revealed[], { isFirst, isLast }: Stretch): Buffer => {
  const { head, between, tail, row } = written[format]
  const events = rows.map(({ event, erased, log_index }) => row(shownEvent(event, erased, log_index)))
  const begin = isFirst ? head : rows.length > 0 ? between : ''
  return Buffer.from(`${begin}${events.join(between)}${isLast ? tail : ''}`)
}

/** The same as the log has them, for whoever checks. */
export const writeEntries = (rows: readonly Revealed[]): Buffer => Buffer.from(rows.map(formatArchivedEntry).join(''))

/** The proof of a stretch of the tree beside the leaves that are shown: `from` and `to` are the first and last of the numbers. */
export const writeProof = async (read: NodeReader, [from = 0, ...rest]: readonly number[]): Promise<Buffer> => {
  const to = rest.at(-1) ?? from
  const nodes = gapsOf({ from, to, leaves: rest.slice(0, -1) })
  const hashes = await read(nodes)
  const lines = nodes.map(
    ({ level, index }, at) => `${formatCoverNode({ first: index * 2 ** level, level, hash: hashes[at] as Uint8Array })}\n`,
  )
  return Buffer.from(lines.join(''))
}

/**
 * Packs a stretch so that it stands alone: whoever goes on with a download needs none of those before it. Together they are one
 * deflated file.
 */
export const deflate = (raw: Buffer, isLast: boolean): Buffer =>
  deflateRawSync(raw, { level: 1, finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH })
