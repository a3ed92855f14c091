import type { Base } from '../access/ctx.ts'
import { Trouble } from '../errors.ts'
import { listHolds, placeHold, releaseHold } from '../privacy/holds.ts'
import type { Say } from './keys.ts'
import { currentOperator } from './operator.ts'
import { formatInstant, formatTable } from './table.ts'

type Options = { tenant?: string; why?: string; release?: boolean }

/** `countersign hold [--tenant <id> --why <text> [--release]]`: without a tenant it lists what is held. */
export const runHold = async (base: Base, { tenant, why, release }: Options, say: Say): Promise<void> => {
  if (tenant === undefined) {
    const holds = await listHolds(base.store)
    if (holds.length === 0) return say('There are no legal holds.')
    const rows = holds.map(({ tenant_id, placed_at }) => [tenant_id, formatInstant(placed_at)])
    return say(formatTable(['TENANT', 'SINCE'], rows))
  }
  if (why === undefined) throw new Trouble('Say why.', 'countersign hold --tenant <id> --why "…"')
  const ctx = { ...base, principal: currentOperator() }
  const input = { tenant_id: tenant, reason: why }
  if (release) {
    await releaseHold(ctx, input)
    return say(`The hold on ${tenant} is released: its events may be erased again.`)
  }
  const { placed } = await placeHold(ctx, input)
  say(placed ? `From now on nothing of ${tenant} is erased.` : `There is already a hold on ${tenant}.`)
}
