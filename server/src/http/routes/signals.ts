import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { errorCatalogue } from '@countersign/contract/errors.ts'
import { SendSignals, SignalsState, SignalsTaken, signalLimits } from '@countersign/contract/signals.ts'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Refusal } from '../../errors.ts'
import type { Counts } from '../../health/ingest/counts.ts'
import { encodeResponse, encodeStatus } from '../../health/ingest/otlp/decode.ts'
import { exportMetrics, type OtlpForm, type OtlpSettings, statusOf } from '../../health/ingest/otlp/export-metrics.ts'
import { type Prometheus, readSignalsState } from '../../health/ingest/read-state.ts'
import { sendSignals } from '../../health/ingest/send-signals.ts'
import { ctxOf, type Door } from '../door.ts'
import { noteRefusal, problems, refusalOf, sendProblem } from '../fail.ts'
import { bodyParsedByVerb } from '../input.ts'

type Needs = { counts: Counts; settings: OtlpSettings; prometheus: Prometheus | undefined }

const tags = ['signals']
const protobuf = 'application/x-protobuf'
const unpack = promisify(gunzip)

const isBomb = (error: unknown): boolean => (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'

/** The body as it was before it was packed, within bounds. */
const bodyOf = async ({ body, headers }: FastifyRequest): Promise<Buffer> => {
  const bytes = body as Buffer
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return bytes
  if (encoding !== 'gzip') throw new Refusal('unsupported_media_type', { detail: 'The content-encoding may be gzip, or none.' })
  try {
    return await unpack(bytes, { maxOutputLength: signalLimits.decodedBytes })
  } catch (cause) {
    if (isBomb(cause)) throw new Refusal('body_too_large', { detail: 'Unpacked, the body is larger than 8 MB: send smaller batches.' })
    throw new Refusal('invalid_request', { detail: 'The body is not in gzip.', cause })
  }
}

const formOf = ({ headers }: FastifyRequest): OtlpForm => (headers['content-type']?.startsWith(protobuf) ? 'protobuf' : 'json')

/** Doors for what sends signals: an ingest key opens them, and whatever they refuse is counted, and leaves no event. */
export const signalRoutes = async (app: Door, { counts, settings, prometheus }: Needs): Promise<void> => {
  const refuse = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = refusalOf(error)
    counts.add(refusal.code)
    return sendProblem(refusal, request, reply)
  }
  /** As OTLP has it: a Status in the form of the request, which says code and hint in its message. */
  const refuseExport = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = refusalOf(error)
    const status = statusOf(refusal, errorCatalogue[refusal.code].hint)
    counts.add(refusal.code)
    if (formOf(request) === 'json') return sendProblem(refusal, request, reply, { message: status.message })
    if (!noteRefusal(refusal, error, request, reply)) return reply.hijack()
    const bytes = encodeStatus(status.code, status.message)
    return reply.code(refusal.status).type(protobuf).send(bytes)
  }
  await app.register(async (scope) => {
    const door = scope as unknown as Door
    door.removeAllContentTypeParsers()
    const keep = (_request: FastifyRequest, body: Buffer, done: (error: null, body: Buffer) => void) => done(null, body)
    const limits = { parseAs: 'buffer' as const, bodyLimit: signalLimits.bodyBytes }
    door.addContentTypeParser('application/json', limits, keep)
    door.addContentTypeParser(protobuf, limits, keep)
    door.post(
      '/v1/signals',
      {
        config: { access: sendSignals.may },
        errorHandler: refuse,
        validatorCompiler: bodyParsedByVerb,
        schema: {
          tags,
          summary: 'What a source counted, by tenant and minute; gzip is accepted. Sent again, it replaces itself',
          body: SendSignals,
          response: { 200: SignalsTaken, ...problems },
        },
      },
      async (request) => {
        if (formOf(request) === 'protobuf') throw new Refusal('unsupported_media_type')
        return await sendSignals({ ...ctxOf(request), counts }, await bodyOf(request))
      },
    )
    door.post(
      '/otlp/v1/metrics',
      {
        config: { access: exportMetrics.may },
        errorHandler: refuseExport,
        validatorCompiler: bodyParsedByVerb,
        schema: {
          tags,
          summary: 'OTLP/HTTP metrics, in protobuf or JSON; gzip is accepted',
          body: z.any().describe('ExportMetricsServiceRequest of OTLP 1.x; http.server.request.duration and http.server.duration are read'),
          response: { 200: z.any().describe('ExportMetricsServiceResponse, in the form of the request'), ...problems },
        },
      },
      async (request, reply) => {
        const form = formOf(request)
        const { rejected, message } = await exportMetrics({ ...ctxOf(request), counts, settings }, { form, body: await bodyOf(request) })
        if (form === 'protobuf') return reply.type(protobuf).send(encodeResponse(rejected, message))
        const isWhole = rejected === 0 && message === ''
        return isWhole ? {} : { partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: message } }
      },
    )
  })
  app.get(
    '/api/signals/state',
    {
      config: { access: readSignalsState.may },
      schema: { tags, summary: 'How signals come in: sources, and what was refused', response: { 200: SignalsState, ...problems } },
    },
    async (request) => readSignalsState({ ...ctxOf(request), counts, prometheus }),
  )
}
