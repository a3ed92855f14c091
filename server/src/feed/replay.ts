import { type DestinationState, ReplayDestination } from '@countersign/contract/feed.ts'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { parse } from '../access/parse.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { replayFrom } from './cursor.ts'
import { type DestinationNeeds, readStates } from './list.ts'

type Input = { name: string } & z.input<typeof ReplayDestination>

/** Sends everything from a place in the log on again: to a receiver that has lost some, or that refused what it takes now. */
export const replayDestination = verb({
  name: 'replay to a destination',
  may: ['super_admin'],
  parse: ({ name, ...rest }: Input) => ({ name, ...parse(ReplayDestination, rest) }),
  async run(ctx: Ctx<StaffPrincipal> & DestinationNeeds, { name, from_index, reason }): Promise<DestinationState> {
    const { principal, journal, config } = ctx
    const destination = Object.hasOwn(config.destinations, name) ? config.destinations[name] : undefined
    if (!destination) throw new Refusal('not_found')
    const find = async (): Promise<DestinationState> =>
      (await readStates(ctx.store.db, { config })).find((each) => each.name === name) as DestinationState
    const before = await find()
    if (from_index > before.log_size)
      throw new Refusal('invalid_request', { errors: [{ path: '/from_index', message: `the log has ${before.log_size} entries` }] })
    await transact(ctx, async (tx) => {
      await replayFrom(tx, name, from_index)
      await journal.record(tx, {
        action: 'DELIVERY.REPLAYED',
        result: 'ok',
        actor: actorOf(principal),
        ...(destination.tenant_id === undefined ? {} : { tenant_id: destination.tenant_id }),
        target: { kind: 'destination', id: name },
        reason,
        details: { from_index, was_at: before.next_index },
      })
    })
    return await find()
  },
})
