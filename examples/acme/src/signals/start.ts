import type { Database } from '../database/open.ts'
import type { Subject } from './made-up.ts'
import { type Meter, noMeter, startMeter } from './meter.ts'
import { Sender } from './sender.ts'
import { Switches } from './switches.ts'

export type Signals = {
  meter: Meter
  switches: Switches
  /** Tells what a switch has changed. */
  resend(tenantId: string): Promise<void>
  stop(): Promise<void>
}

export type SignalSettings = { url: string; key: string; madeUp: boolean }

const listSubjects = async ({ db }: Database): Promise<Subject[]> => {
  const rows = await db
    .selectFrom('organization')
    .leftJoin('member', 'member.organizationId', 'organization.id')
    .select(({ fn }) => ['organization.id', fn.count<string>('member.id').as('people')])
    .groupBy('organization.id')
    .execute()
  return rows.map(({ id, people }) => ({ id, people: Number(people) }))
}

/** Says to Countersign how its tenants fare; nothing where no key was given. */
export async function startSignals(database: Database, settings: SignalSettings | undefined, stopping: AbortSignal): Promise<Signals> {
  const switches = new Switches()
  if (!settings) return { meter: noMeter, switches, resend: async () => {}, stop: async () => {} }
  const meter = await startMeter(settings)
  const subjects = settings.madeUp ? await listSubjects(database) : []
  const sender = new Sender({ ...settings, subjects, switches, stopping })
  const running = subjects.length > 0 ? sender.run() : Promise.resolve()
  return {
    meter,
    switches,
    resend: (tenantId) => sender.resend(tenantId),
    stop: async () => {
      await running
      await meter.stop()
    },
  }
}
