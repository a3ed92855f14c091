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
const requireTenant = async (tx: Transaction<Tables>, tenantId: string): Promise<void> => {
  const tenant = await tx
    .selectFrom('tenants')
    .select('id')
    .where('id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .forShare()
    .executeTakeFirst()
  if (!tenant) throw new Refusal('not_found', { detail: 'There is no such tenant.' })
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

const insertSession = async (
  tx: Transaction<Tables>,
  staffId: string,
  input: CreateSession,
  scopes: string[],
  tokenHash: Buffer,
): Promise<string> => {
  const id = newId('session')
  await sql`
    insert into support_sessions (id, token_hash, tenant_id, target_user_id, staff_id, reason, ticket, scopes, issued_at, expires_at)
    select ${id}, ${tokenHash}, ${input.tenant_id}, ${input.target_user_id ?? null}, ${staffId}, ${input.reason}, ${input.ticket ?? null},
      ${scopes}::text[], c.now, c.now + make_interval(mins => ${input.ttl_minutes}::int)
    from (select clock_timestamp() as now) c`.execute(tx)
  return id
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
      await requireTenant(tx, input.tenant_id)
      const id = await insertSession(tx, principal.id, input, scopes, tokenHash)
      const [found] = await selectSessions(tx, sql`s.id = ${id}`)
      if (!found) throw new Error('a session that was inserted is not there')
      const { tenant_id, target_user_id, tenant_name, expires_at, ticket, reason } = found.session
      await journal.record(tx, {
        action: openedName(found.session),
        result: 'ok',
        actor: actorOf(principal),
        tenant_id,
        target:
          target_user_id === null
            ? { kind: 'tenant', id: tenant_id, label: tenant_name ?? tenant_id }
            : { kind: 'user', id: target_user_id },
        session_id: id,
        reason,
        ...(ticket === null ? {} : { ticket }),
        details: { scopes, ttl_minutes: input.ttl_minutes, expires_at },
      })
      return found.session
    })
    return { session, token }
  },
})
