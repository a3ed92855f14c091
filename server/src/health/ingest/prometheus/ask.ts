import type { SignalCause } from '@countersign/contract/signals.ts'
import { signalLimits } from '@countersign/contract/signals.ts'
import { z } from 'zod'
import { CallFailure } from '../../../outbound/failure.ts'
import { readJson } from '../../../outbound/json.ts'
import type { Peer } from '../../../outbound/peer.ts'
import { note, type Tally } from '../tally.ts'
import { isTenantId } from '../text.ts'

/** What is asked, from whom. */
export type Prometheus = { peer: Peer; url: string; tenant_label: string; token: string | undefined }

/** Instants at which something is asked, in seconds, each for the time before it. */
export type Range = { first: number; last: number; step: number; window: string }

/** By tenant, what was counted up to each instant: calls a second. */
export type Rates = Map<string, Map<number, number>>

const Matrix = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
})
const Failed = z.object({ status: z.literal('error'), errorType: z.string() })

/** Not the text of the error: it repeats the query. */
const readMatrix = (body: unknown): z.output<typeof Matrix> => {
  const parsed = Matrix.safeParse(body)
  if (parsed.success) return parsed.data
  const failed = Failed.safeParse(body)
  throw new CallFailure('garbled', failed.success ? `it refused the query: ${failed.data.errorType.slice(0, 40)}` : 'not a matrix', {
    cause: parsed.error,
  })
}

const wrongOf = (rate: number, seconds: number): SignalCause | undefined => {
  if (!Number.isFinite(rate)) return 'not_a_number'
  if (rate < 0) return 'negative'
  return rate * seconds > signalLimits.callsPerMinute ? 'too_large' : undefined
}

const tenantOf = (metric: Record<string, string>, label: string, tally: Tally): string | undefined => {
  const tenant = metric[label]
  if (tenant === undefined || tenant === '') return void note(tally, 'no_tenant')
  return isTenantId(tenant) ? tenant : void note(tally, 'bad_tenant')
}

/** The rates that a query gives for a range. What is no number of calls is left out, and is in the tally. */
export const askRates = async (
  { peer, url, tenant_label, token }: Prometheus,
  query: string,
  range: Range,
  tally: Tally,
): Promise<Rates> => {
  const { origin, pathname } = new URL(url)
  const parameters = new URLSearchParams({
    query: query.replaceAll('$window', range.window),
    ...{ start: String(range.first), end: String(range.last), step: String(range.step) },
  })
  const answer = await peer.call({
    ...{ origin, method: 'GET', target: `${pathname.replace(/\/$/, '')}/api/v1/query_range?${parameters}` },
    headers: { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  })
  const rates: Rates = new Map()
  for (const { metric, values } of readMatrix(readJson(answer)).data.result) {
    const tenant = tenantOf(metric, tenant_label, tally)
    if (tenant === undefined) continue
    const known = rates.get(tenant) ?? new Map<number, number>()
    rates.set(tenant, known)
    for (const [at, text] of values) {
      const rate = Number(text)
      const wrong = wrongOf(rate, range.step)
      if (wrong) note(tally, wrong)
      else known.set(at, (known.get(at) ?? 0) + rate)
    }
  }
  return rates
}
