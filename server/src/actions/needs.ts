import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import type { Config } from '../config.ts'
import type { Connector } from '../directory/connector.ts'
import type { Site } from '../identity/passkeys/verify.ts'
import type { Policy } from '../policy/compile.ts'

type Log = { info(facts: object, message: string): void; warn(facts: object, message: string): void }

/** What a decision stands on, beside store and journal. */
export type JudgeNeeds = {
  policy: Policy
  connector: Pick<Connector, 'findUser'>
  site: Site
  config: Pick<Config, 'approvals' | 'sessions'> & { gateway: Pick<Config['gateway'], 'routes' | 'presets'> }
  log: Log
}
/** What carrying it out at the product takes, too. */
export type ActionNeeds = JudgeNeeds & { connector: Pick<Connector, 'findUser' | 'acts' | 'act' | 'findAct'> }

export type JudgeCtx = Ctx<StaffPrincipal> &
  JudgeNeeds & {
    /** Of the connection that the call came by, if it came by one. */
    address?: string | undefined
  }
export type ActionCtx = Ctx<StaffPrincipal> & ActionNeeds
