import { roles as allRoles, type Me, type Role } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { idleTime } from './staff-session.ts'

type MeCtx = Ctx<StaffPrincipal> & { config: Config; gatewayUrl: string; views: unknown }

/** Who is signed in, until when by the database's clock, and what stands around them. */
export const readMe = verb({
  name: 'see who is signed in',
  may: allRoles,
  async run({ store, config, gatewayUrl, views, principal }: MeCtx): Promise<Me> {
    const { rows } = await sql<{ idle: Date; over: Date; now: Date }>`
      select last_seen_at + ${idleTime} as idle, expires_at as over, clock_timestamp() as now
      from staff_sessions where id = ${principal.session_id} and ended_at is null`.execute(store.db)
    const [session] = rows
    if (session === undefined) throw new Refusal('session_over')
    const { id, email, name, roles } = principal
    return {
      staff: { id, email, name, roles: roles as Role[] },
      idle_expires_at: session.idle.toISOString(),
      expires_at: session.over.toISOString(),
      now: session.now.toISOString(),
      local_sign_in: config.identity === undefined,
      example_data: config.example,
      gateway_url: gatewayUrl,
      views: views !== undefined,
      product_name: config.product.name,
      ticket_url: config.tickets.url ?? null,
      end_with_sign_out: config.sessions.end_with_sign_out,
    }
  },
})
