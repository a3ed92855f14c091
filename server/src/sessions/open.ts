import { createHash, randomBytes } from 'node:crypto'
import type { CreateSession, Session } from '@countersign/contract/sessions.ts'
import { sql, type Transaction } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Tables } from '../store/tables.ts'
import { hashAddress } from './address.ts'
import { openedName } from './event-names.ts'
import { selectSessions } from './row.ts'

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

/** From now on, by the database's clock: its event says until when, and is made before the session is. */
const termOf = async (tx: Transaction<Tables>, minutes: number): Promise<{ issued: string; expires: string }> => {
  const { rows } = await sql<{ issued: string; expires: string }>`
    select now::text as issued, (now + make_interval(mins => ${minutes}::int))::text as expires from (select clock_timestamp() as now) c`.execute(
    tx,
  )
  return rows[0] as { issued: string; expires: string }
}

type OpenCtx = Ctx<StaffPrincipal> & {
  config: { sessions: Pick<Config['sessions'], 'idle_minutes' | 'bind_to_address'> }
  /** Of the connection that it is opened by. */
  address?: string | undefined
}
type Opened = { session: Session; token: string }
type Decided = {
  scopes: string[]
  policy: string
  request_id?: string
  /** What the directory calls the target. */
  label: string
}

/**
 * Opens a support session whose gates are met, in the caller's transaction and with its event. The token is returned here and nowhere
 * else: only its SHA-256 is stored.
 */
export const insertOpened = async (
  tx: Transaction<Tables>,
  { principal, journal, config, address }: OpenCtx,
  input: CreateSession,
  { scopes, policy, request_id, label }: Decided,
): Promise<Opened> => {
  const token = `css_${randomBytes(32).toString('base64url')}`
  const tokenHash = createHash('sha256').update(token).digest()
  await requireTenant(tx, input.tenant_id)
  const { issued, expires } = await termOf(tx, input.ttl_minutes)
  const { tenant_id, target_user_id = null, reason, ticket } = input
  const id = newId('session')
  const event = journal.draft(
    {
      action: openedName({ target_user_id }),
      result: 'ok',
      actor: actorOf(principal),
      tenant_id,
      target: target_user_id === null ? { kind: 'tenant', id: tenant_id, label } : { kind: 'user', id: target_user_id, label },
      session_id: id,
      reason,
      ticket,
      details: { scopes, ttl_minutes: input.ttl_minutes, expires_at: new Date(expires).toISOString(), policy, request_id },
    },
    id,
  )
  await sql`
    insert into support_sessions (id, token_hash, tenant_id, target_user_id, staff_id, digests, scopes, issued_at, expires_at, idle_seconds, address_hash)
    values (${id}, ${tokenHash}, ${tenant_id}, ${target_user_id}, ${principal.id}, ${JSON.stringify(event.digests)}::jsonb,
      ${scopes}::text[], ${issued}::timestamptz, ${expires}::timestamptz, ${config.sessions.idle_minutes * 60},
      ${config.sessions.bind_to_address ? hashAddress(id, address) : null})`.execute(tx)
  await journal.write(tx, [event])
  const [found] = await selectSessions(tx, sql`s.id = ${id}`)
  if (!found) throw new Error('a session that was inserted is not there')
  return { session: found.session, token }
}
