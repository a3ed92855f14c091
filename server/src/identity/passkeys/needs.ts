import type { Ctx } from '../../access/ctx.ts'
import type { StaffPrincipal } from '../../access/principal.ts'
import type { Site } from './verify.ts'

/** When the first key of a person may sign: at once in the local example, else after a super_admin confirmed it or a day passed. */
export type FirstKey = 'at_once' | 'confirmation' | 'after_24_hours'

export type PasskeySettings = { site: Site; first_key: FirstKey; product: string }
export type PasskeyCtx = Ctx<StaffPrincipal> & PasskeySettings

/** The site of the console's own address: passkeys belong to its host name. */
export const siteOf = (publicUrl: string): Site => ({ origin: new URL(publicUrl).origin, rp_id: new URL(publicUrl).hostname })
