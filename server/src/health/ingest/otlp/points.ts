import { createHash } from 'node:crypto'
import { signalLimits } from '@countersign/contract/signals.ts'
import { note, type Tally } from '../tally.ts'
import { isTenantId, keepLabel } from '../text.ts'
import { fromExplicit, fromExponential } from './buckets.ts'
import type { ExponentialPoint, ExportRequest, HistogramPoint, KeyValue, Metric } from './decode.ts'

/** What a data point is about. */
export type Series = {
  /** Of everything that tells it from other series of its source. */
  hash: string
  tenant_id: string
  method: string | null
  route: string | null
  status: number | null
  is_delta: boolean
}

/** One data point, as far as it matters here. */
export type Point = Series & {
  /** Zero where the sender does not say. */
  started_us: number
  at_us: number
  calls: number
  buckets: number[]
}

type Attributes = ReadonlyMap<string, string>

const current = 'http.server.request.duration'
const former = 'http.server.duration'
const delta = 1
const cumulative = 2
/** Bit 0 of the flags: there is no value. */
const noValue = 1
const attributesMaximum = 128
/** Of a counter since its process began. */
const countMaximum = 1e12

const textOf = ({ value }: KeyValue): string =>
  String(value?.stringValue ?? value?.intValue ?? value?.boolValue ?? value?.doubleValue ?? '')

const attributesOf = (list: readonly KeyValue[]): Attributes =>
  new Map(list.slice(0, attributesMaximum).map((one) => [one.key, textOf(one)]))

const hashOf = (parts: unknown): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
const sorted = (attributes: Attributes): [string, string][] => [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))

/** One process: its instance where it says which, else all that it says of itself. */
export const sourceOf = (resource: Attributes): string => {
  const service = [resource.get('service.namespace'), resource.get('service.name')].filter(Boolean).join('/') || 'unnamed'
  const instance = resource.get('service.instance.id') || `#${hashOf(sorted(resource)).slice(0, 12)}`
  return keepLabel(`${service.slice(0, 100)} ${instance}`)
}

const microseconds = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000n)

const statusOf = (attributes: Attributes): number | null => {
  const text = attributes.get('http.response.status_code') ?? attributes.get('http.status_code')
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null
}

const labelOf = (attributes: Attributes, ...names: string[]): string | null => {
  const text = names.map((name) => attributes.get(name)).find((value) => value !== undefined && value !== '')
  return text === undefined ? null : keepLabel(text)
}

const unitOf = ({ name, unit }: Metric): number => (unit === 's' || (unit !== 'ms' && name === current) ? 1_000 : 1)

type DataPoint = HistogramPoint | ExponentialPoint

const bucketsOf = (point: DataPoint, unitMs: number): number[] => {
  if ('explicitBounds' in point) return fromExplicit(point.bucketCounts.map(Number), point.explicitBounds, unitMs)
  const { scale, zeroCount, positive } = point
  const counts = positive?.bucketCounts.map(Number) ?? []
  return fromExponential({ scale, offset: positive?.offset ?? 0, counts, zero: Number(zeroCount) }, unitMs)
}

type Reading = { tenantAttribute: string; nowUs: number; tally: Tally }

/** The window in which an instant is believed. */
const isInTime = (atUs: number, { nowUs, tally }: Reading): boolean => {
  if (atUs > nowUs + signalLimits.aheadMinutes * 60e6) note(tally, 'future')
  else if (atUs <= nowUs - signalLimits.latePointHours * 3_600e6) note(tally, 'too_old')
  else return true
  return false
}

const readPoint = (
  point: DataPoint,
  metric: Metric,
  isDelta: boolean,
  around: { resource: Attributes; scope: string },
  reading: Reading,
) => {
  const { tenantAttribute, tally } = reading
  if (point.flags & noValue) return undefined
  const attributes = attributesOf(point.attributes)
  const tenant = attributes.get(tenantAttribute) ?? around.resource.get(tenantAttribute)
  if (tenant === undefined || tenant === '') return note(tally, 'no_tenant')
  if (!isTenantId(tenant)) return note(tally, 'bad_tenant')
  const atUs = microseconds(point.timeUnixNano)
  if (!isInTime(atUs, reading)) return undefined
  const calls = Number(point.count)
  if (calls > (isDelta ? signalLimits.callsPerMinute : countMaximum)) return note(tally, 'too_large')
  return {
    hash: hashOf([metric.name, isDelta, around.scope, sorted(attributes)]),
    tenant_id: tenant,
    method: labelOf(attributes, 'http.request.method', 'http.method'),
    route: labelOf(attributes, 'http.route'),
    status: statusOf(attributes),
    is_delta: isDelta,
    started_us: microseconds(point.startTimeUnixNano),
    at_us: atUs,
    calls,
    buckets: bucketsOf(point, unitOf(metric)),
  } satisfies Point
}

const readMetric = (metric: Metric, around: { resource: Attributes; scope: string }, reading: Reading): Point[] => {
  const points: Point[] = []
  for (const data of [metric.histogram, metric.exponentialHistogram]) {
    if (!data) continue
    if (data.aggregationTemporality !== delta && data.aggregationTemporality !== cumulative) {
      note(reading.tally, 'no_temporality', data.dataPoints.length)
      continue
    }
    for (const one of data.dataPoints) {
      const point = readPoint(one, metric, data.aggregationTemporality === delta, around, reading)
      if (point) points.push(point)
    }
  }
  return points
}

/** The points of an export that count, by source. What is left out is in the tally; other metrics are not ours. */
export const readPoints = ({ resourceMetrics }: ExportRequest, reading: Reading): Map<string, Point[]> => {
  const sources = new Map<string, Point[]>()
  let room: number = signalLimits.pointsPerCall
  for (const { resource, scopeMetrics } of resourceMetrics) {
    const attributes = attributesOf(resource?.attributes ?? [])
    const metrics = scopeMetrics.flatMap(({ scope, metrics }) => metrics.map((metric) => ({ metric, scope: scope?.name ?? '' })))
    // A process may send both, while it moves from the one to the other.
    const name = metrics.some(({ metric }) => metric.name === current) ? current : former
    const points = metrics
      .filter(({ metric }) => metric.name === name)
      .flatMap(({ metric, scope }) => readMetric(metric, { resource: attributes, scope }, reading))
    const taken = points.slice(0, room)
    room -= taken.length
    note(reading.tally, 'too_many_points', points.length - taken.length)
    if (taken.length === 0) continue
    const source = sourceOf(attributes)
    sources.set(source, [...(sources.get(source) ?? []), ...taken])
  }
  return sources
}
