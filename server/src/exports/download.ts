import { auditRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import { deny } from '../access/deny.ts'
import { actorOf, type StaffPrincipal, type TenantPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { layOut, type PlacedFile } from '../archive/zip.ts'
import { Refusal } from '../errors.ts'
import { type Piece, writePiece } from './piece.ts'
import { type ExportRow, findExport, formatExport, isOwner, type OwnerPrincipal } from './row.ts'
import { rememberingNodes } from './tiles.ts'

/** Does a piece of work in its turn, so that whoever takes much at once keeps nobody from the database. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>
export type DownloadCtx<P extends OwnerPrincipal> = Ctx<P> & { turn: Turn }

export type Download = {
  fileName: string
  length: number
  /** Strong: the same name for the same bytes, wherever they are written. */
  etag: string
  /** Bytes `from` to `to` (exclusive), written as they are taken. */
  read(from: number, to: number): AsyncGenerator<Buffer, void, undefined>
}

const readPiece = async ({ store }: Pick<Ctx, 'store'>, id: string, file: string, at: number): Promise<Piece | undefined> => {
  const { rows } = await sql<Omit<Piece, 'starts_at' | 'indexes'> & { starts_at: string; indexes: string[] | null }>`
    select file, n, starts_at, length, is_last, indexes, literal, sha256 from export_pieces
    where export_id = ${id} and file = ${file} and starts_at <= ${at} and starts_at + length > ${at}
    order by starts_at desc limit 1`.execute(store.db)
  const [row] = rows
  return row && { ...row, starts_at: Number(row.starts_at), indexes: row.indexes?.map(Number) ?? null }
}

/** It was what it says when it was made: that it is not any more is remembered, and told to whoever asks next. */
const noteChanged = async ({ store }: Pick<Ctx, 'store'>, id: string): Promise<void> =>
  void (await store.db.updateTable('exports').set({ failed: 'export_changed' }).where('id', '=', id).execute())

type Reading = Pick<Ctx, 'store'> & { turn: Turn }

/** The next piece is written while the one before it is taken. */
const readFile = async function* (ctx: Reading, row: ExportRow, file: PlacedFile, from: number, to: number) {
  const nodes = rememberingNodes(ctx.store, Number(row.checkpoint_size))
  const write = (at: number) =>
    ctx.turn(async () => {
      const piece = await readPiece(ctx, row.id, file.name, at)
      if (!piece) throw new Refusal('export_gone')
      return { piece, bytes: await writePiece(ctx.store, row, piece, { nodes, deflated: file.deflated }) }
    })
  let next = write(from)
  for (let at = from; at < to; ) {
    const { piece, bytes } = await next
    const end = piece.starts_at + piece.length
    if (end < to) {
      next = write(end)
      // Whoever breaks off does not wait for it.
      next.catch(() => {})
    }
    yield bytes.subarray(at - piece.starts_at, to - piece.starts_at)
    at = end
  }
}

const readBytes = async function* (ctx: Reading, row: ExportRow, from: number, to: number): AsyncGenerator<Buffer, void, undefined> {
  const { files, tail, tailAt } = layOut(row.files ?? [])
  const cut = (bytes: Buffer, at: number): Buffer => bytes.subarray(Math.max(from - at, 0), Math.max(to - at, 0))
  try {
    for (const file of files) {
      const header = cut(file.header, file.at - file.header.length)
      if (header.length > 0) yield header
      const [first, last] = [Math.max(from - file.at, 0), Math.min(to - file.at, file.packed)]
      if (first < last) yield* readFile(ctx, row, file, first, last)
    }
    const end = cut(tail, tailAt)
    if (end.length > 0) yield end
  } catch (error) {
    if (error instanceof Refusal && error.code === 'export_changed') await noteChanged(ctx, row.id)
    throw error
  }
}

/** All bytes of an export that is ready. */
export const readExport = (ctx: Reading, row: ExportRow): AsyncGenerator<Buffer, void, undefined> =>
  readBytes(ctx, row, 0, Number(row.bytes))

const attemptOf = ({ principal }: Ctx<OwnerPrincipal>, row: ExportRow) =>
  ({
    action: 'AUDIT.EXPORT.DOWNLOADED',
    actor: actorOf(principal),
    ...(row.tenant_id === null ? {} : { tenant_id: row.tenant_id }),
    target: { kind: 'log', id: 'audit' },
    details: { export_id: row.id },
  }) as const

/** On the record once for each who takes it: going on with it, or taking it again, says nothing new. */
const recordDownload = async (ctx: Ctx<OwnerPrincipal>, row: ExportRow): Promise<void> =>
  await transact(ctx, async (tx) => {
    const taken = await tx
      .insertInto('export_downloads')
      .values({ export_id: row.id, taken_by: ctx.principal.id })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (taken.numInsertedOrUpdatedRows === 0n) return
    await ctx.journal.record(tx, { ...attemptOf(ctx, row), result: 'ok' })
  })

const requireReady = (row: ExportRow): void => {
  if (row.is_expired) throw new Refusal('export_gone')
  if (row.failed !== null) throw new Refusal(row.failed === 'internal' ? 'export_gone' : row.failed)
  if (row.ready_at === null) throw new Refusal('export_not_ready')
}

const open = async (ctx: DownloadCtx<OwnerPrincipal>, id: string): Promise<Download> => {
  const row = await findExport(ctx.store.db, id)
  if (!row) throw new Refusal('not_found')
  if (!isOwner(ctx.principal, row)) throw deny(new Refusal('not_found'), { ...attemptOf(ctx, row), note: 'an export of somebody else' })
  requireReady(row)
  await recordDownload(ctx, row)
  return {
    fileName: formatExport(row).file_name,
    length: Number(row.bytes),
    etag: `"${row.digest?.toString('base64url')}"`,
    read: (from, to) => readBytes(ctx, row, from, to),
  }
}

/** Opens the file of an export for whoever asked for it. */
export const downloadExport = verb({
  name: 'download an export',
  may: auditRoles,
  run: async (ctx: DownloadCtx<StaffPrincipal>, id: string) => await open(ctx, id),
})

export const downloadTenantExport = verb({
  name: "download an export of the tenant's",
  may: { permission: 'audit:read' },
  run: async (ctx: DownloadCtx<TenantPrincipal>, id: string) => await open(ctx, id),
})
