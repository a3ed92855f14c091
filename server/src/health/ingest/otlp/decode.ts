import { readFileSync } from 'node:fs'
import { signalLimits } from '@countersign/contract/signals.ts'
import protobuf from 'protobufjs'
import { z } from 'zod'
import { parse } from '../../../access/parse.ts'
import { Refusal } from '../../../errors.ts'

const { root } = protobuf.parse(readFileSync(new URL('./metrics.proto', import.meta.url), 'utf8'))
root.resolveAll()
const exportRequest = root.lookupType('ExportMetricsServiceRequest')
const exportResponse = root.lookupType('ExportMetricsServiceResponse')
const statusMessage = root.lookupType('Status')

/** A number of 64 bits: as text where a double could not hold it. */
const wide = z.union([z.string().regex(/^\d{1,20}$/), z.number().nonnegative()]).transform(String)
const real = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])
const whole = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^-?\d{1,10}$/)
    .transform(Number),
])
const many = <T extends z.ZodType>(schema: T) =>
  z
    .array(schema)
    .nullish()
    .transform((list) => list ?? [])

const KeyValue = z.object({
  key: z.string().default(''),
  value: z
    .object({
      stringValue: z.string().nullish(),
      boolValue: z.boolean().nullish(),
      intValue: z.union([z.string(), z.number()]).nullish(),
      doubleValue: z.union([z.string(), z.number()]).nullish(),
    })
    .nullish(),
})
const times = { startTimeUnixNano: wide.default('0'), timeUnixNano: wide.default('0'), count: wide.default('0') }
const about = {
  attributes: many(KeyValue),
  flags: z
    .number()
    .nullish()
    .transform((flags) => flags ?? 0),
}
const HistogramPoint = z.object({ ...times, ...about, bucketCounts: many(wide), explicitBounds: many(real) })
const ExponentialPoint = z.object({
  ...{ ...times, ...about, scale: whole.default(0), zeroCount: wide.default('0') },
  positive: z.object({ offset: whole.default(0), bucketCounts: many(wide) }).nullish(),
})
const Temporality = z.union([
  z.number().int(),
  z.enum(['AGGREGATION_TEMPORALITY_DELTA', 'AGGREGATION_TEMPORALITY_CUMULATIVE']).transform((name) => (name.endsWith('DELTA') ? 1 : 2)),
])
const dataOf = <T extends z.ZodType>(point: T) =>
  z.object({ dataPoints: many(point), aggregationTemporality: Temporality.default(0) }).nullish()
const Metric = z.object({
  ...{ name: z.string().default(''), unit: z.string().default('') },
  ...{ histogram: dataOf(HistogramPoint), exponentialHistogram: dataOf(ExponentialPoint) },
})

/** What is read of an export, from JSON (the member names of OTLP/JSON) and from protobuf alike. What it does not name is passed over. */
export const ExportRequest = z.object({
  resourceMetrics: many(
    z.object({
      resource: z.object({ attributes: many(KeyValue) }).nullish(),
      scopeMetrics: many(z.object({ scope: z.object({ name: z.string().default('') }).nullish(), metrics: many(Metric) })),
    }),
  ),
})
export type ExportRequest = z.output<typeof ExportRequest>
export type KeyValue = z.output<typeof KeyValue>
export type Metric = z.output<typeof Metric>
export type HistogramPoint = z.output<typeof HistogramPoint>
export type ExponentialPoint = z.output<typeof ExponentialPoint>

const tooMany = () => new Refusal('body_too_large', { detail: 'The body holds more than half a million objects: send smaller batches.' })

/** Counts the messages within a message before any of them is made. */
const countMessages = (reader: protobuf.Reader, end: number, type: protobuf.Type, counted = { n: 0 }): void => {
  while (reader.pos < end) {
    const tag = reader.uint32()
    const inner = type.fieldsById[tag >>> 3]?.resolvedType
    if (!(inner instanceof protobuf.Type) || (tag & 7) !== 2) {
      reader.skipType(tag & 7)
      continue
    }
    const length = reader.uint32()
    counted.n += 1
    if (counted.n > signalLimits.objectsPerCall) throw tooMany()
    countMessages(reader, Math.min(end, reader.pos + length), inner, counted)
  }
}

export const decodeProtobuf = (bytes: Buffer): ExportRequest => {
  try {
    countMessages(protobuf.Reader.create(bytes), bytes.length, exportRequest)
    const message = exportRequest.decode(bytes)
    return exportRequest.toObject(message, { longs: String, defaults: true, arrays: true }) as ExportRequest
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw new Refusal('invalid_request', { detail: 'The body is no ExportMetricsServiceRequest in protobuf.', cause })
  }
}

const [brace, bracket] = [0x7b, 0x5b]

/** The value of a JSON body that is not too much to hold. */
export const decodeJson = (bytes: Buffer): unknown => {
  let opened = 0
  for (const byte of bytes) if (byte === brace || byte === bracket) opened += 1
  if (opened > signalLimits.objectsPerCall) throw tooMany()
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new Refusal('malformed_json', { cause })
  }
}

export const decodeOtlpJson = (bytes: Buffer): ExportRequest => parse(ExportRequest, decodeJson(bytes))

/** The answer to an export: what was left out, and why, in a sentence. */
export const encodeResponse = (rejected: number, message: string): Buffer =>
  Buffer.from(
    exportResponse
      .encode(
        exportResponse.fromObject(
          rejected === 0 && message === '' ? {} : { partialSuccess: { rejectedDataPoints: rejected, errorMessage: message } },
        ),
      )
      .finish(),
  )

export const encodeStatus = (code: number, message: string): Buffer =>
  Buffer.from(statusMessage.encode(statusMessage.fromObject({ code, message })).finish())
