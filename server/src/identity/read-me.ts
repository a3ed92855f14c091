import type { Me, Role } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'
import type { StaffPrincipal } from './principal.ts'
import { idleTime } from './staff-session.ts'

/** Who is signed in, until when by the database's clock, and what stands around them. */
export const readMe = async (needs: { store: Store; config: Config; gatewayUrl: string }, staff: StaffPrincipal): Promise<Me> => {
  const { rows } = await sql<{ idle: Date; over: Date; now: Date }>`
    select last_seen_at + ${idleTime} as idle, expires_at as over, clock_timestamp() as now
    from staff_sessions where id = ${staff.session_id} and ended_at is null`.execute(needs.store.db)
  const [session] = rows
  if (session === undefined) throw new Refusal('session_over')
  const { id, email, name, roles } = staff
  return {
    staff: { id, email, name, roles: roles as Role[] },
    idle_expires_at: session.idle.toISOString(),
    expires_at: session.over.toISOString(),
    now: session.now.toISOString(),
    local_sign_in: needs.config.identity === undefined,
    example_data: needs.config.example,
    gateway_url: needs.gatewayUrl,
    product_name: needs.config.product.name,
  }
}
