import { signalCauses } from '@countersign/contract/signals.ts'
import type { Kysely } from 'kysely'
import type { Ctx } from '../../../access/ctx.ts'
import type { IngestPrincipal } from '../../../access/principal.ts'
import { verb } from '../../../access/verb.ts'
import type { Refusal } from '../../../errors.ts'
import type { Tables } from '../../../store/tables.ts'
import { noteSignal, withPartitions } from '../../record-minutes.ts'
import { readNowUs } from '../clock.ts'
import type { Counts } from '../counts.ts'
import type { ErrorRule } from '../errors.ts'
import { holdSources, type Source } from '../sources.ts'
import { addTaken, type Taken, takeMinutes, takenNothing } from '../take.ts'
import { note, type Tally } from '../tally.ts'
import { decodeOtlpJson, decodeProtobuf } from './decode.ts'
import { foldSteps } from './fold.ts'
import { keepPoints } from './keep-points.ts'
import { type Point, readPoints } from './points.ts'

export type OtlpSettings = { tenant_attribute: string; errors: ErrorRule }
export type OtlpForm = 'protobuf' | 'json'

/** What an export is answered: how many points were left out, and why. */
export type Exported = { rejected: number; message: string }

const takeSource = async (
  tx: Kysely<Tables>,
  source: Source,
  points: readonly Point[],
  { errors, tally }: { errors: ErrorRule; tally: Tally },
): Promise<Taken> => {
  const { steps, firstUs, mayFall } = await keepPoints(tx, source, points, tally)
  const minutes = foldSteps(steps, { source: source.name, firstUs, errors })
  // An idle tenant is in every export: nothing is written of it.
  const telling = minutes.filter(({ calls, tenant_id, minute }) => calls > 0 || mayFall(tenant_id, minute))
  return await takeMinutes(tx, telling, 'minute', tally)
}

/** Without a tenant a point is nobody's, which is common: it is said, and not called a rejection. */
const explain = (tally: Tally): Exported => {
  const rejected = [...tally].reduce((sum, [cause, n]) => (cause === 'no_tenant' ? sum : sum + n), 0)
  return { rejected, message: [...tally].map(([cause, n]) => `${n} data points: ${cause}. ${signalCauses[cause]}`).join(' ') }
}

/** Takes an export of metrics: all points of it that count, or none. */
export const exportMetrics = verb({
  name: 'export metrics',
  may: 'ingest',
  parse: ({ form, body }: { form: OtlpForm; body: Buffer }) => (form === 'json' ? decodeOtlpJson(body) : decodeProtobuf(body)),
  async run(ctx: Ctx<IngestPrincipal> & { counts: Counts; settings: OtlpSettings }, request): Promise<Exported> {
    const { tenant_attribute: tenantAttribute, errors } = ctx.settings
    const { tally, taken } = await withPartitions(ctx.store, async (tx) => {
      const tally: Tally = new Map()
      const nowUs = await readNowUs(tx)
      const read = readPoints(request, { tenantAttribute, nowUs, tally })
      const sources = await holdSources(tx, { way: 'otlp', key_id: ctx.principal.id, names: [...read.keys()] })
      let taken = takenNothing
      for (const [name, points] of read) {
        const source = sources.get(name)
        if (source) taken = addTaken(taken, await takeSource(tx, source, points, { errors, tally }))
        else note(tally, 'too_many_sources', points.length)
      }
      const latest = [...read.values()].flat().reduce((most, { at_us }) => Math.max(most, at_us), 0)
      if (latest > 0) await noteSignal({ db: tx }, new Date(Math.min(latest, nowUs) / 1_000))
      return { tally, taken }
    })
    ctx.counts.addAll(tally)
    ctx.counts.add('accepted', taken.accepted)
    ctx.counts.add('unknown', taken.unknown)
    return explain(tally)
  },
})

/** The codes of google.rpc.Code that a refusal comes nearest to. */
const rpcCodes: Record<number, number> = { 400: 3, 401: 16, 408: 4, 413: 8, 415: 3, 429: 8, 503: 14 }

/** A refusal as OTLP says it. */
export const statusOf = (refusal: Refusal, hint: string): { code: number; message: string } => ({
  code: rpcCodes[refusal.status] ?? 2,
  message: `${refusal.code}: ${refusal.message} ${hint}`,
})
