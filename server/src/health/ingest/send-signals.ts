import type { TenantMinute } from '@countersign/contract/health.ts'
import { SendSignals, type SignalHour, type SignalMinute, type SignalsTaken } from '@countersign/contract/signals.ts'
import type { Ctx } from '../../access/ctx.ts'
import { parse } from '../../access/parse.ts'
import type { IngestPrincipal } from '../../access/principal.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'
import { withPartitions } from '../record-minutes.ts'
import type { Counts } from './counts.ts'
import { decodeJson } from './otlp/decode.ts'
import { holdSources } from './sources.ts'
import { addTaken, takeMinutes } from './take.ts'
import type { Tally } from './tally.ts'

type Counted = Omit<SignalMinute, 'minute'> | Omit<SignalHour, 'hour'>

const minuteOf = (source: string, start: string, { tenant_id, calls, errors, routes, latency }: Counted): TenantMinute => ({
  ...{ tenant_id, source, minute: new Date(start), calls, errors },
  ...(routes ? { routes: routes.map(({ method = null, status = null, ...rest }) => ({ method, status, ...rest })) } : {}),
  ...(latency ? { latency: latency.map(({ upper_ms, calls }) => ({ upper_ms: upper_ms ?? Number.POSITIVE_INFINITY, calls })) } : {}),
})

/** Of two values for one minute in one call, nobody could say which one is meant. */
const requireOnce = (starts: readonly { tenant_id: string; at: string }[], member: string): void => {
  const seen = new Set<string>()
  for (const [n, { tenant_id, at }] of starts.entries()) {
    const key = `${Date.parse(at)} ${tenant_id}`
    if (seen.has(key)) throw new Refusal('invalid_request', { errors: [{ path: `/${member}/${n}`, message: 'is given twice' }] })
    seen.add(key)
  }
}

const readSignals = (body: Buffer): SendSignals => {
  const signals = parse(SendSignals, decodeJson(body))
  requireOnce(
    signals.minutes.map(({ tenant_id, minute }) => ({ tenant_id, at: minute })),
    'minutes',
  )
  requireOnce(
    signals.hours.map(({ tenant_id, hour }) => ({ tenant_id, at: hour })),
    'hours',
  )
  return signals
}

/** Takes the minutes that a source counted: all of the call or nothing. Sent again, they replace themselves. */
export const sendSignals = verb({
  name: 'send signals',
  may: 'ingest',
  parse: readSignals,
  async run(ctx: Ctx<IngestPrincipal> & { counts: Counts }, { source: name, minutes, hours }): Promise<SignalsTaken> {
    const { taken, tally } = await withPartitions(ctx.store, async (tx) => {
      const tally: Tally = new Map()
      const source = (await holdSources(tx, { way: 'json', key_id: ctx.principal.id, names: [name] })).get(name)?.name
      if (source === undefined) throw new Refusal('overloaded', { detail: 'There are too many sources.' })
      const given = minutes.map(({ minute, ...counted }) => minuteOf(source, minute, counted))
      const before = hours.map(({ hour, ...counted }) => minuteOf(source, hour, counted))
      return { taken: addTaken(await takeMinutes(tx, given, 'minute', tally), await takeMinutes(tx, before, 'hour', tally)), tally }
    })
    ctx.counts.addAll(tally)
    ctx.counts.add('accepted', taken.accepted)
    ctx.counts.add('unknown', taken.unknown)
    return taken
  },
})
