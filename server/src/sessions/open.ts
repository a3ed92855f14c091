import { createHash, randomBytes } from 'node:crypto'
import { CreateSession, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Base, Ctx } from '../access/ctx.ts'
import type { Attempt } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf, type Principal, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import type { Config } from '../config.ts'
import type { Connector } from '../directory/connector.ts'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Tables } from '../store/tables.ts'
import { deniedName, openedName } from './event-names.ts'
import { selectSessions } from './row.ts'
import { expandScopes } from './scopes.ts'

type OpenCtx = Ctx<StaffPrincipal> & {
  connector: Pick<Connector, 'findUser'>
  config: { gateway: Pick<Config['gateway'], 'routes' | 'presets'> }
}

const codes = { reason: 'reason_too_short', ttl_minutes: 'ttl_out_of_range', scopes: 'scope_unknown' } as const

/** Held until the transaction ends: a tenant that is deleted meanwhile is deleted after it, and finds the session to end. */
const requireTenant = async (tx: Transaction<Tables>, tenantId: string): Promise<{ name: string }> => {
  const tenant = await tx
    .selectFrom('tenants')
    .select('name')
    .where('id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .forShare()
    .executeTakeFirst()
  if (!tenant) throw new Refusal('not_found', { detail: 'There is no such tenant.' })
  return tenant
}

/** The user as the product's directory answers now. A user of another tenant is not found. */
const requireUser = async ({ connector, principal }: OpenCtx, input: CreateSession): Promise<void> => {
  if (input.target_user_id === undefined) return
  const found = await connector.findUser(input.target_user_id, { sub: principal.id, email: principal.email })
  if (found?.user.tenant_id !== input.tenant_id) throw new Refusal('not_found', { detail: 'There is no such user in this tenant.' })
}

const Named = z.object({ tenant_id: z.string().min(1).max(200), target_user_id: z.string().min(1).max(200).optional().catch(undefined) })

/** A refused attempt on a tenant that exists is on the record, where the tenant sees it too (A26, A39, X3). */
const findAttempt = async (
  { store, principal }: Pick<Base, 'store'> & { principal: Principal },
  raw: unknown,
): Promise<Attempt | undefined> => {
  const named = Named.safeParse(raw)
  if (!named.success) return undefined
  const { tenant_id, target_user_id } = named.data
  const tenant = await store.db.selectFrom('tenants').select('id').where('id', '=', tenant_id).executeTakeFirst()
  if (!tenant) return undefined
  return {
    action: deniedName({ target_user_id: target_user_id ?? null }),
    actor: actorOf(principal),
    tenant_id,
    target: target_user_id === undefined ? { kind: 'tenant', id: tenant_id } : { kind: 'user', id: target_user_id },
  }
}

/** From now on, by the database's clock: its event says until when, and is made before the session is. */
const termOf = async (tx: Transaction<Tables>, minutes: number): Promise<{ issued: string; expires: string }> => {
  const { rows } = await sql<{ issued: string; expires: string }>`
    select now::text as issued, (now + make_interval(mins => ${minutes}::int))::text as expires from (select clock_timestamp() as now) c`.execute(
    tx,
  )
  return rows[0] as { issued: string; expires: string }
}

/** Opens a support session. The token is answered here and nowhere else: only its SHA-256 is stored. */
export const openSession = verb({
  name: 'open a session',
  may: consoleRoles,
  parse: (raw: unknown) => parse(CreateSession, raw, codes),
  attempt: findAttempt,
  async run(ctx: OpenCtx, input): Promise<{ session: Session; token: string }> {
    const { principal, journal } = ctx
    const scopes = expandScopes(ctx.config, input.scopes)
    await transact(ctx, (tx) => requireTenant(tx, input.tenant_id))
    await requireUser(ctx, input)
    const token = `css_${randomBytes(32).toString('base64url')}`
    const tokenHash = createHash('sha256').update(token).digest()
    const session = await transact(ctx, async (tx) => {
      const tenant = await requireTenant(tx, input.tenant_id)
      const { issued, expires } = await termOf(tx, input.ttl_minutes)
      const { tenant_id, target_user_id = null, reason, ticket } = input
      const id = newId('session')
      const event = journal.draft(
        {
          action: openedName({ target_user_id }),
          result: 'ok',
          actor: actorOf(principal),
          tenant_id,
          target: target_user_id === null ? { kind: 'tenant', id: tenant_id, label: tenant.name } : { kind: 'user', id: target_user_id },
          session_id: id,
          reason,
          ticket,
          details: { scopes, ttl_minutes: input.ttl_minutes, expires_at: new Date(expires).toISOString() },
        },
        id,
      )
      await sql`
        insert into support_sessions (id, token_hash, tenant_id, target_user_id, staff_id, digests, scopes, issued_at, expires_at)
        values (${id}, ${tokenHash}, ${tenant_id}, ${target_user_id}, ${principal.id}, ${JSON.stringify(event.digests)}::jsonb,
          ${scopes}::text[], ${issued}::timestamptz, ${expires}::timestamptz)`.execute(tx)
      await journal.write(tx, [event])
      const [found] = await selectSessions(tx, sql`s.id = ${id}`)
      if (!found) throw new Error('a session that was inserted is not there')
      return found.session
    })
    return { session, token }
  },
})
