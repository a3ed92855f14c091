import type { TenantMinute } from '@countersign/contract/health.ts'
import { signalLimits } from '@countersign/contract/signals.ts'
import type { Kysely } from 'kysely'
import type { Tables } from '../../store/tables.ts'
import { type Recorded, writeHours, writeMinutes } from '../record-minutes.ts'
import { readNowUs } from './clock.ts'
import { note, type Tally } from './tally.ts'
import { dropKept, keepUnknown, type Span } from './unknown.ts'

export type Taken = { accepted: number; left_out: number; unknown: number; unknown_tenants: string[] }

export const takenNothing: Taken = { accepted: 0, left_out: 0, unknown: 0, unknown_tenants: [] }

const namedMaximum = 20

const writers: Record<Span, (tx: Kysely<Tables>, minutes: readonly TenantMinute[]) => Promise<Recorded>> = {
  minute: writeMinutes,
  hour: writeHours,
}

const countAhead = async (tx: Kysely<Tables>, minutes: readonly TenantMinute[]): Promise<number> => {
  const nowMs = (await readNowUs(tx)) / 1_000
  return minutes.filter(({ minute }) => minute.getTime() > nowMs + signalLimits.aheadMinutes * 60_000).length
}

/** Writes what was counted, for the tenants that are known, and keeps the rest for a day. */
export const takeMinutes = async (tx: Kysely<Tables>, minutes: readonly TenantMinute[], span: Span, tally: Tally): Promise<Taken> => {
  if (minutes.length === 0) return takenNothing
  const { recorded, outside, unknown } = await writers[span](tx, minutes)
  const strangers = new Set(unknown)
  const [known, aside] = [minutes.filter((one) => !strangers.has(one.tenant_id)), minutes.filter((one) => strangers.has(one.tenant_id))]
  await dropKept(tx, known)
  const kept = await keepUnknown(tx, aside, span)
  note(tally, 'unknown_full', aside.length - kept)
  const ahead = outside === 0 ? 0 : await countAhead(tx, minutes)
  note(tally, 'future', ahead)
  note(tally, 'too_old', outside - ahead)
  return { accepted: recorded, left_out: outside, unknown: kept, unknown_tenants: unknown.slice(0, namedMaximum) }
}

export const addTaken = (one: Taken, other: Taken): Taken => ({
  accepted: one.accepted + other.accepted,
  left_out: one.left_out + other.left_out,
  unknown: one.unknown + other.unknown,
  unknown_tenants: [...new Set([...one.unknown_tenants, ...other.unknown_tenants])].slice(0, namedMaximum),
})
