import { createHash, randomBytes } from 'node:crypto'
import { CreateSession, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Journal } from '../audit/record.ts'
import type { Config } from '../config.ts'
import type { Connector } from '../directory/connector.ts'
import { Refusal } from '../errors.ts'
import { actorOf, type Principal, requireRole } from '../identity/principal.ts'
import { newId } from '../ids.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { deniedName, openedName } from './event-names.ts'
import { selectSessions } from './row.ts'
import { expandScopes } from './scopes.ts'

export type OpenNeeds = {
  store: Store
  journal: Journal
  connector: Pick<Connector, 'findUser'>
  config: { gateway: Pick<Config['gateway'], 'routes' | 'presets'> }
}

const codes = { reason: 'reason_too_short', ttl_minutes: 'ttl_out_of_range', scopes: 'scope_unknown' } as const

/** The form of the input; the first member that is wrong names the refusal. */
const parseInput = (input: unknown): CreateSession => {
  const parsed = CreateSession.safeParse(input)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const member = parsed.error.issues[0]?.path[0] as keyof typeof codes
  throw new Refusal(Object.hasOwn(codes, member ?? '') ? codes[member] : 'invalid_request', { errors })
}

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
const requireUser = async (needs: OpenNeeds, principal: { id: string; email: string }, input: CreateSession): Promise<void> => {
  if (input.target_user_id === undefined) return
  const found = await needs.connector.findUser(input.target_user_id, { sub: principal.id, email: principal.email })
  if (found?.user.tenant_id !== input.tenant_id) throw new Refusal('not_found', { detail: 'There is no such user in this tenant.' })
}

const Named = z.object({ tenant_id: z.string().min(1).max(200), target_user_id: z.string().min(1).max(200).optional().catch(undefined) })

/** A refused attempt on a tenant that exists is on the record, where the tenant sees it too (A26, A39, X3). */
const recordDenial = async (needs: OpenNeeds, principal: Principal, input: unknown, refusal: Refusal): Promise<void> => {
  const named = Named.safeParse(input)
  if (!named.success) return
  const { tenant_id, target_user_id } = named.data
  await transaction(needs.store, async (tx) => {
    const tenant = await tx.selectFrom('tenants').select('id').where('id', '=', tenant_id).executeTakeFirst()
    if (!tenant) return
    const unmet = refusal.facts.errors?.map(({ path, message }) => `${path} ${message}`).join('; ')
    await needs.journal.record(tx, {
      action: deniedName({ target_user_id: target_user_id ?? null }),
      result: 'deny',
      actor: actorOf(principal),
      tenant_id,
      target: target_user_id === undefined ? { kind: 'tenant', id: tenant_id } : { kind: 'user', id: target_user_id },
      code: `${refusal.code}`,
      note: (unmet || refusal.message).slice(0, 500),
    })
  })
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

const open = async (needs: OpenNeeds, principal: Principal, raw: unknown): Promise<{ session: Session; token: string }> => {
  requireRole(principal, consoleRoles)
  const input = parseInput(raw)
  const scopes = expandScopes(needs.config, input.scopes)
  await transaction(needs.store, (tx) => requireTenant(tx, input.tenant_id))
  await requireUser(needs, principal, input)
  const token = `css_${randomBytes(32).toString('base64url')}`
  const tokenHash = createHash('sha256').update(token).digest()
  const session = await transaction(needs.store, async (tx) => {
    await requireTenant(tx, input.tenant_id)
    const id = await insertSession(tx, principal.id, input, scopes, tokenHash)
    const [found] = await selectSessions(tx, sql`s.id = ${id}`)
    if (!found) throw new Error('a session that was inserted is not there')
    const { tenant_id, target_user_id, tenant_name, expires_at, ticket, reason } = found.session
    await needs.journal.record(tx, {
      action: openedName(found.session),
      result: 'ok',
      actor: actorOf(principal),
      tenant_id,
      target:
        target_user_id === null ? { kind: 'tenant', id: tenant_id, label: tenant_name ?? tenant_id } : { kind: 'user', id: target_user_id },
      session_id: id,
      reason,
      ...(ticket === null ? {} : { ticket }),
      details: { scopes, ttl_minutes: input.ttl_minutes, expires_at },
    })
    return found.session
  })
  return { session, token }
}

/** Opens a support session. The token is answered here and nowhere else: only its SHA-256 is stored. */
export const openSession = async (needs: OpenNeeds, principal: Principal, input: unknown): Promise<{ session: Session; token: string }> => {
  try {
    return await open(needs, principal, input)
  } catch (error) {
    if (error instanceof Refusal && error.status < 500) await recordDenial(needs, principal, input, error)
    throw error
  }
}
