import { Readable } from 'node:stream'
import { AskExport, AskTenantExport, Export, ExportList } from '@countersign/contract/exports.ts'
import { ExportId } from '@countersign/contract/ids.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Ctx } from '../../access/ctx.ts'
import { isAllowed, type May } from '../../access/may.ts'
import { Refusal } from '../../errors.ts'
import { askExport, askTenantExport } from '../../exports/ask.ts'
import { type Download, type DownloadCtx, downloadExport, downloadTenantExport, type Turn } from '../../exports/download.ts'
import { getExport, getTenantExport, listExports, listTenantExports } from '../../exports/get.ts'
import { requireTenantKey } from '../../identity/keys.ts'
import { requireStaff } from '../../identity/staff-session.ts'
import { newLane } from '../../inbound/lane.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'
import { bodyParsedByVerb } from '../input.ts'
import { spanOf } from '../range.ts'

type Needs = {
  publicUrl: string
  /** Tells who prepares exports, if that is this process. */
  onAsked(): void
  /** Ends when the program does. */
  closing: AbortSignal
}

const recheckMs = 5_000
/** Whoever takes nothing for so long is cut off, and can go on later. */
const stalledMs = 60_000
const downloadsMaximum = 4

const params = z.object({ export_id: ExportId })
const file = {
  200: z.any().describe('application/zip: the events, and what proves them'),
  206: z.any().describe('The bytes that Range asked for'),
  304: z.any().describe('The caller has these bytes already'),
  ...problems,
}

/** Whether who began a download may still go on with it, looked at every few seconds. */
const recheck = ({ publicUrl }: Needs, ctx: Ctx, request: FastifyRequest, may: May) => {
  let judgedMs = performance.now()
  return async (): Promise<void> => {
    if (performance.now() - judgedMs < recheckMs) return
    judgedMs = performance.now()
    const { rawHeaders } = request.raw
    const now =
      ctx.principal.kind === 'tenant'
        ? await requireTenantKey(ctx, rawHeaders)
        : await requireStaff({ ...ctx, publicUrl }, rawHeaders, { touch: false })
    if (!isAllowed(now, may)) throw new Refusal('role_missing')
  }
}

/** Taken piece by piece, at the pace of whoever takes them: what waits holds no connection to the database. */
const follow = async function* (
  pieces: AsyncGenerator<Buffer>,
  first: IteratorResult<Buffer, void>,
  check: () => Promise<void>,
  closing: AbortSignal,
) {
  for (let piece = first; piece.value; piece = await pieces.next()) {
    yield piece.value
    closing.throwIfAborted()
    await check()
  }
}

const send = async ({ etag, length, fileName, read }: Download, needs: Needs, request: FastifyRequest, reply: FastifyReply, may: May) => {
  const { range, 'if-range': ifRange, 'if-none-match': known } = request.headers
  reply.header('etag', etag).header('accept-ranges', 'bytes')
  // A cache on the way may have made it weak, as it says the same all the same (RFC 9110 section 13.1.2).
  if (known?.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()))) return reply.code(304).send()
  let span: ReturnType<typeof spanOf>
  try {
    span = spanOf({ range, ifRange: ifRange as string | undefined }, { etag, length })
  } catch (error) {
    reply.header('content-range', `bytes */${length}`)
    throw error
  }
  const { from, to } = span ?? { from: 0, to: length }
  const pieces = read(from, to)
  // What is refused is refused before the first byte, as far as that can be.
  const first = await pieces.next()
  if (span) reply.header('content-range', `bytes ${from}-${to - 1}/${length}`)
  reply.raw.setTimeout(stalledMs, () => reply.raw.destroy())
  return reply
    .code(span ? 206 : 200)
    .type('application/zip')
    .header('content-length', to - from)
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .send(Readable.from(follow(pieces, first, recheck(needs, ctxOf(request), request, may), needs.closing), { objectMode: false }))
}

export const exportRoutes = (app: Door, needs: Needs): void => {
  const lane = newLane<string>({ atOnce: 2, atOncePerOwner: 1, waiting: 500, waitingPerOwner: 2 * downloadsMaximum, waitMs: 60_000 })
  const running = new Map<string, number>()
  const turnOf =
    (owner: string): Turn =>
    async (work) => {
      const { leave } = await lane.enter(owner)
      try {
        return await work()
      } finally {
        leave()
      }
    }
  /** A person takes some files at once, not a hundred; and the end of the program waits for none of them. */
  const begin = (owner: string, { raw }: FastifyReply): void => {
    const now = running.get(owner) ?? 0
    if (now >= downloadsMaximum) throw new Refusal('too_many_requests', { detail: `${downloadsMaximum} downloads of yours are under way.` })
    running.set(owner, now + 1)
    const cut = (): void => void raw.destroy()
    needs.closing.addEventListener('abort', cut)
    raw.once('close', () => {
      needs.closing.removeEventListener('abort', cut)
      const left = (running.get(owner) ?? 0) - 1
      if (left > 0) running.set(owner, left)
      else running.delete(owner)
    })
  }
  const download = (verb: typeof downloadExport | typeof downloadTenantExport) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { principal } = ctxOf(request)
    const owner = principal.kind === 'tenant' ? principal.tenant_id : principal.id
    begin(owner, reply)
    const ctx = { ...ctxOf(request), turn: turnOf(owner) } as DownloadCtx<never>
    return await send(await verb(ctx, (request.params as z.infer<typeof params>).export_id), needs, request, reply, verb.may)
  }

  const staff = ['audit']
  const tenant = ['tenant']
  app.post(
    '/api/exports',
    {
      config: { access: askExport.may },
      validatorCompiler: bodyParsedByVerb,
      schema: {
        tags: staff,
        summary: 'Ask for an export of the events that match now',
        body: AskExport,
        response: { 202: Export, ...problems },
      },
    },
    async (request, reply) => reply.code(202).send(await askExport({ ...ctxOf(request), ...needs }, request.body)),
  )
  app.get(
    '/api/exports',
    {
      config: { access: listExports.may },
      schema: { tags: staff, summary: 'Exports of the last day that you asked for', response: { 200: ExportList, ...problems } },
    },
    async (request) => listExports(ctxOf(request)),
  )
  app.get(
    '/api/exports/:export_id',
    {
      config: { access: getExport.may },
      schema: { tags: staff, summary: 'How far an export is', params, response: { 200: Export, ...problems } },
    },
    async (request) => getExport(ctxOf(request), request.params.export_id),
  )
  app.get(
    '/api/exports/:export_id/file',
    {
      config: { access: downloadExport.may, background: true },
      schema: { tags: staff, summary: 'The file of an export; a download that broke off goes on by Range', params, response: file },
    },
    download(downloadExport),
  )
  app.post(
    '/v1/audit/exports',
    {
      config: { access: askTenantExport.may },
      validatorCompiler: bodyParsedByVerb,
      schema: {
        tags: tenant,
        summary: "Ask for an export of the tenant's own events that match now",
        body: AskTenantExport,
        response: { 202: Export, ...problems },
      },
    },
    async (request, reply) => reply.code(202).send(await askTenantExport({ ...ctxOf(request), ...needs }, request.body)),
  )
  app.get(
    '/v1/audit/exports',
    {
      config: { access: listTenantExports.may },
      schema: { tags: tenant, summary: "The tenant's exports of the last day", response: { 200: ExportList, ...problems } },
    },
    async (request) => listTenantExports(ctxOf(request)),
  )
  app.get(
    '/v1/audit/exports/:export_id',
    {
      config: { access: getTenantExport.may },
      schema: { tags: tenant, summary: 'How far an export is', params, response: { 200: Export, ...problems } },
    },
    async (request) => getTenantExport(ctxOf(request), request.params.export_id),
  )
  app.get(
    '/v1/audit/exports/:export_id/file',
    {
      config: { access: downloadTenantExport.may, background: true },
      schema: { tags: tenant, summary: 'The file of an export; a download that broke off goes on by Range', params, response: file },
    },
    download(downloadTenantExport),
  )
}
