import { z } from 'zod'
import { IngestKeyId, TenantId } from './ids.ts'

/** By which way signals come. */
export const signalWays = ['otlp', 'json', 'prometheus'] as const
export const SignalWay = z.enum(signalWays)
export type SignalWay = z.infer<typeof SignalWay>

/** Limits of the doors for signals. */
export const signalLimits = {
  minutesPerCall: 10_000,
  routesPerMinute: 50,
  bucketsPerMinute: 50,
  text: 200,
  callsPerMinute: 1_000_000_000,
  aheadMinutes: 5,
  /** Of minutes, and of points of OTLP. */
  /** How late a point of OTLP may come. */
  latePointHours: 24,
  bodyBytes: 4_000_000,
  decodedBytes: 8_000_000,
  /** Objects in a body, once it is unpacked: an empty one costs two bytes on the wire and a hundred in memory. */
  objectsPerCall: 500_000,
  pointsPerCall: 20_000,
  seriesPerSource: 50_000,
  sources: 20_000,
  unknownMinutes: 100_000,
} as const

/** Why something of what came was left out, and what to do about it. Whole calls are refused with an error code. */
export const signalCauses = {
  no_tenant: 'The tenant is not named: set health.tenant_attribute, or health.prometheus.tenant_label, to what your telemetry calls it.',
  bad_tenant: 'The tenant’s id is not one: 1 to 200 printable characters without spaces.',
  future: 'It lies more than five minutes ahead: compare the clock of what sends with the database’s.',
  too_old: 'It is older than 24 hours (OTLP), 26 hours (minutes), or nine days (hours).',
  not_a_number: 'It is no finite number of calls.',
  negative: 'It is below zero: a counter is rounded or subtracted somewhere on the way.',
  too_large: 'It is more than a billion calls in one minute.',
  no_temporality: 'Its aggregation temporality is neither cumulative nor delta.',
  too_many_points: 'One call holds more than 20,000 points: let the collector send smaller batches.',
  too_many_series: 'One source sends more than 50,000 series: drop attributes that tell single requests apart.',
  too_many_sources: 'There are more than 20,000 sources: set service.instance.id to what names a process, not a request.',
  unknown_full: 'Too much is kept for tenants that the directory does not know.',
} as const
export type SignalCause = keyof typeof signalCauses

const count = z.number().int().min(0).max(signalLimits.callsPerMinute)
const label = z
  .string()
  .min(1)
  .max(signalLimits.text)
  .regex(/^\P{Cc}*$/u, 'may not hold control characters')

const SignalRoute = z
  .strictObject({
    method: label.nullish(),
    route: label.describe('Its pattern, such as /v1/reports/:id: not the path of one request'),
    status: z.number().int().min(0).max(999).nullish(),
    calls: count,
    errors: count,
  })
  .refine(({ calls, errors }) => errors <= calls, { path: ['errors'], message: 'are more than the calls' })

const startOf = (what: 'minute' | 'hour', ms: number) =>
  z.iso
    .datetime({ offset: true })
    .refine((text) => /^2[01]/.test(text), 'is not of these two centuries')
    .refine((text) => Date.parse(text) % ms === 0, `must be the start of ${what === 'hour' ? 'an hour' : 'a minute'}`)
    .describe(`Start of the ${what}`)

const counted = {
  tenant_id: TenantId,
  calls: count,
  errors: count,
  routes: z.array(SignalRoute).max(signalLimits.routesPerMinute).optional(),
  latency: z
    .array(z.strictObject({ upper_ms: z.number().positive().max(1e9).nullable().describe('null: no bound'), calls: count }))
    .max(signalLimits.bucketsPerMinute)
    .optional()
    .describe('Calls by how long they took at most'),
}
const noMoreErrors = ({ calls, errors }: { calls: number; errors: number }) => errors <= calls
const moreErrors = { path: ['errors'], message: 'are more than the calls' }

export const SignalMinute = z.strictObject({ minute: startOf('minute', 60_000), ...counted }).refine(noMoreErrors, moreErrors)
export const SignalHour = z.strictObject({ hour: startOf('hour', 3_600_000), ...counted }).refine(noMoreErrors, moreErrors)
export type SignalHour = z.infer<typeof SignalHour>
export type SignalMinute = z.infer<typeof SignalMinute>

export const SendSignals = z
  .strictObject({
    source: label.describe('One process that counts. What it sends again replaces what it sent; sources add up'),
    minutes: z.array(SignalMinute).max(signalLimits.minutesPerCall).default([]).describe('Of the last 26 hours'),
    hours: z
      .array(SignalHour)
      .max(signalLimits.minutesPerCall)
      .default([])
      .describe('Whole hours of before, up to nine days ago: for what is known when a source is new'),
  })
  .refine(({ minutes, hours }) => minutes.length + hours.length > 0, { path: ['minutes'], message: 'holds nothing' })
  .refine(({ minutes, hours }) => minutes.length + hours.length <= signalLimits.minutesPerCall, {
    path: ['minutes'],
    message: 'and hours are more than 10,000 together',
  })
  .meta({ id: 'SendSignals' })
export type SendSignals = z.infer<typeof SendSignals>

export const SignalsTaken = z
  .object({
    accepted: z.number().int().describe('Minutes and hours of tenants that the directory knows'),
    left_out: z.number().int().describe('Those too old or too far ahead to count'),
    unknown: z.number().int().describe('Those that are kept for a day, should the directory come to know their tenants'),
    unknown_tenants: z.array(z.string()).describe('The first twenty of these tenants'),
  })
  .meta({ id: 'SignalsTaken' })
export type SignalsTaken = z.infer<typeof SignalsTaken>

const n = z.number().int().nonnegative()

export const SignalsState = z
  .object({
    as_of: z.iso.datetime(),
    sources: z
      .array(
        z.object({
          name: z.string(),
          way: SignalWay,
          key: z.object({ id: IngestKeyId, name: z.string() }).nullable().describe('With which it sent last'),
          heard_at: z.iso.datetime(),
        }),
      )
      .describe('Heard last first; at most 200'),
    source_count: n,
    last_24h: z.object({
      accepted: n.describe('Minutes written'),
      unknown: n.describe('Minutes kept for tenants that the directory does not know'),
      refused: z
        .array(z.object({ cause: z.string().describe('An error code, or a cause of its own'), count: n, hint: z.string() }))
        .describe('Calls and parts of calls, the most frequent first'),
    }),
    unknown_tenants: z.array(z.object({ tenant_id: z.string(), minutes: n, since: z.iso.datetime() })).describe('At most 20'),
    prometheus: z
      .object({
        url: z.string(),
        taken_until: z.iso.datetime().nullable(),
        trouble: z.string().nullable(),
      })
      .nullable()
      .describe('Null where none is configured'),
  })
  .meta({ id: 'SignalsState' })
export type SignalsState = z.infer<typeof SignalsState>
