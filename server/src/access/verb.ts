import { Refusal } from '../errors.ts'
import type { Named } from './concerned.ts'
import type { Ctx } from './ctx.ts'
import { type Attempt, Denied, deny, isMiss, miss } from './deny.ts'
import { type MayOf, requireMay } from './may.ts'
import type { Principal } from './principal.ts'
import { onRecord } from './transact.ts'

/** The same before it is known that its principal may. */
type ByAnybody<C extends Ctx> = Omit<C, 'principal'> & { principal: Principal }

type Definition<C extends Ctx, Raw, Input, Answer> = {
  /** What the record calls it where it came by no request. */
  name: string
  /** Who may. The route of the verb takes it from here. */
  may: MayOf<C['principal']>
  /** The tenant or session that it names: on the record of whom it keeps out. */
  named?(raw: Raw): Named
  /** Left out where a door has parsed the input. */
  parse?(raw: Raw): Input
  /** Puts every refusal of the verb on the record, as an attempt on what there is. Such a verb throws its refusals. */
  attempt?(ctx: ByAnybody<C>, raw: Raw): Promise<Attempt | undefined>
  /** Load, conditional write, event, answer. */
  run(ctx: C, input: Input): Promise<Answer>
}

/** What can happen, whoever asks. Doors call it with whomever they have; it says itself who may. */
export type Verb<C extends Ctx, Raw, Answer> = ((
  ctx: ByAnybody<C>,
  ...raw: undefined extends Raw ? [raw?: Raw] : [raw: Raw]
) => Promise<Answer>) & {
  may: MayOf<C['principal']>
}

const asDenied = async (error: unknown, attempt: () => Promise<Attempt | undefined>): Promise<unknown> => {
  const refusal = error instanceof Denied ? error.refusal : error
  if (!(refusal instanceof Refusal) || refusal.status >= 500) return error
  const attempted = await attempt()
  if (!attempted) return error
  return isMiss(error) ? miss(attempted, error) : deny(refusal, attempted)
}

/**
 * A verb: may I → parse → transaction → load → conditional write → event → answer. Each step may throw a denial, which is on the
 * record before anybody hears of it.
 */
export function verb<C extends Ctx, Input, Answer>(
  definition: Definition<C, Input, Input, Answer> & { parse?: undefined },
): Verb<C, Input, Answer>
export function verb<C extends Ctx, Raw, Input, Answer>(
  definition: Definition<C, Raw, Input, Answer> & { parse(raw: Raw): Input },
): Verb<C, Raw, Answer>
export function verb<C extends Ctx, Raw, Input, Answer>(definition: Definition<C, Raw, Input, Answer>): Verb<C, Raw, Answer> {
  const { name, may, named, parse, attempt, run } = definition
  const steps = async (ctx: ByAnybody<C>, raw: Raw): Promise<Answer> => {
    await requireMay(ctx, may, name, named?.(raw))
    return await run(ctx as unknown as C, parse ? parse(raw) : (raw as unknown as Input))
  }
  const call = (ctx: ByAnybody<C>, raw: Raw): Promise<Answer> =>
    onRecord(ctx, async () => {
      if (!attempt) return await steps(ctx, raw)
      try {
        return await steps(ctx, raw)
      } catch (error) {
        throw await asDenied(error, () => attempt(ctx, raw))
      }
    })
  return Object.assign(call, { may }) as Verb<C, Raw, Answer>
}
