import type { Actor, EventRequest } from '@countersign/contract/events.ts'
import { consoleRoles, type Role } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Base } from '../../access/ctx.ts'
import { deny } from '../../access/deny.ts'
import { anonymous } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { Refusal } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { EndSessions } from '../end-sessions.ts'
import { hashSecret, newSecret } from '../secret.ts'
import { absoluteTime } from '../staff-session.ts'
import type { Person } from './redeem.ts'
import { SignInRefusal } from './refusal.ts'
import type { Flow } from './take-flow.ts'

type Input = { flow: Flow; person: Person; code: string; previous: string | undefined; request: EventRequest }

const isConsoleRole = (role: Role): boolean => (consoleRoles as readonly Role[]).includes(role)

/**
 * Makes the sign-in of a person whom the provider vouches for, in one transaction with its event: the staff member by issuer and
 * subject, their roles as of now, a new session id. Answers the secret for the cookie.
 */
export const admitPerson = async (
  base: Base & { endSessions: EndSessions },
  { flow, person, code, previous, request }: Input,
): Promise<string> => {
  const { issuer, subject, email, name, roles, strength, why: unmatched } = person
  const token = newSecret()
  return await transact(base, async (tx) => {
    const open = await tx.deleteFrom('sign_in_flows').where('state_hash', '=', flow.stateHash).returning('state_hash').executeTakeFirst()
    if (open === undefined) throw new SignInRefusal('sign_in_stale', 'the answer was sent twice')
    const known = await tx
      .selectFrom('staff')
      .select(['id', 'disabled_at'])
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .forUpdate()
      .executeTakeFirst()
    const refused = (by: Actor, why: 'no_role' | 'sign_in_refused', note: string) =>
      deny(new Refusal(why, { cause: new Error(unmatched === undefined ? note : `${note}. ${unmatched}`) }), {
        action: 'AUTH.DENIED',
        actor: by,
        note,
        request,
        details: { issuer, subject, email },
      })
    const actor = (id: string): Actor => ({ kind: 'staff', id, issuer, subject, email, name })
    if (known === undefined && roles.length === 0) return refused(anonymous, 'no_role', 'no role in this console')
    const staff = await tx
      .insertInto('staff')
      .values({ id: known?.id ?? newId('staff'), issuer, subject, email, name, roles })
      .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doUpdateSet({ email, name, roles }))
      .returning(['id', 'disabled_at'])
      .executeTakeFirstOrThrow()
    if (staff.disabled_at !== null) return refused(actor(staff.id), 'sign_in_refused', 'the staff member is disabled')
    // Whoever is already signed in elsewhere has lost the role there too, by the update above; what is open ends.
    if (known !== undefined && !roles.some((role) => isConsoleRole(role)))
      await base.endSessions(tx, staff.id, 'role_lost', { kind: 'system', id: 'sign-in' })
    if (roles.length === 0) return refused(actor(staff.id), 'no_role', 'no role in this console any more')
    await tx.updateTable('staff').set({ signed_in_at: sql`clock_timestamp()` }).where('id', '=', staff.id).execute()
    const session = await tx
      .insertInto('staff_sessions')
      .values({
        id: newId('staffSession'),
        token_hash: hashSecret(token),
        staff_id: staff.id,
        expires_at: sql`clock_timestamp() + ${absoluteTime}`,
        code_hash: hashSecret(code),
      })
      .onConflict((conflict) => conflict.column('code_hash').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (session === undefined) throw new SignInRefusal('sign_in_stale', 'the code was used before')
    const replaced =
      previous === undefined
        ? undefined
        : await tx
            .updateTable('staff_sessions')
            .set({ ended_at: sql`clock_timestamp()`, ended_why: 'replaced by a new sign-in' })
            .where('token_hash', '=', hashSecret(previous))
            .where('ended_at', 'is', null)
            .returning('id')
            .executeTakeFirst()
    await base.journal.record(tx, {
      action: 'AUTH.SIGNED_IN',
      result: 'ok',
      actor: actor(staff.id),
      target: { kind: 'staff', id: staff.id, label: email },
      request,
      details: { roles, sign_in: session.id, ...strength, ...(replaced ? { replaces: replaced.id } : {}) },
    })
    return token
  })
}
