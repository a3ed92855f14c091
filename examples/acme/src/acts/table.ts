import type { Transaction } from 'kysely'
import type { Auth } from '../auth/open.ts'
import type { Tables } from '../database/tables.ts'

/** What an act works with. `auth` is better-auth in the transaction `tx`: both take effect together, or neither does. */
export type ActOn = { tx: Transaction<Tables>; auth: Auth; targetId: string; sessionId: string | undefined }

/** `count` is how many sessions ended, passkeys went and so on. A failure had no effect. */
export type Outcome = { status: 'done'; count: number } | { status: 'failed'; code: string; message: string }

type Act = { on: 'user' | 'tenant'; takesSession?: true; have(on: ActOn): Promise<Outcome> }

const done = (count: number): Outcome => ({ status: 'done', count })
const failed = (code: string, message: string): Outcome => ({ status: 'failed', code, message })
const ofUser = (userId: string) => [{ field: 'userId', value: userId }]

async function endSessions({ auth, targetId }: ActOn): Promise<number> {
  const { adapter } = await auth.$context
  const live = { field: 'expiresAt', operator: 'gt' as const, value: new Date() }
  return adapter.deleteMany({ model: 'session', where: [...ofUser(targetId), live] })
}

async function resetPasskey({ tx, auth, targetId }: ActOn): Promise<Outcome> {
  const { adapter } = await auth.$context
  const removed = await adapter.deleteMany({ model: 'passkey', where: ofUser(targetId) })
  await tx.deleteFrom('sign_in_methods').where('user_id', '=', targetId).where('method', '=', 'passkey').execute()
  return done(removed)
}

async function resetTotp({ auth, targetId }: ActOn): Promise<Outcome> {
  const { adapter, internalAdapter } = await auth.$context
  await internalAdapter.updateUser(targetId, { twoFactorEnabled: false })
  // The recovery codes are a column of the same row.
  const removed = await adapter.deleteMany({ model: 'twoFactor', where: ofUser(targetId) })
  // A device that was trusted with the old secret is not trusted with the next one.
  const trusted = { field: 'identifier', operator: 'starts_with' as const, value: 'trust-device-' }
  await adapter.deleteMany({ model: 'verification', where: [{ field: 'value', value: targetId }, trusted] })
  return done(removed > 0 ? 1 : 0)
}

async function revokeSession({ auth, targetId, sessionId = '' }: ActOn): Promise<Outcome> {
  const { adapter } = await auth.$context
  const where = [{ field: 'id', value: sessionId }]
  const session = await adapter.findOne<{ userId: string; expiresAt: Date }>({ model: 'session', where })
  if (!session) return done(0)
  if (session.userId !== targetId) return failed('session_of_another_user', 'That session is not of this user.')
  await adapter.delete({ model: 'session', where })
  return done(session.expiresAt > new Date() ? 1 : 0)
}

async function sendMagicLink({ auth, targetId }: ActOn): Promise<Outcome> {
  const { internalAdapter } = await auth.$context
  const user = await internalAdapter.findUserById(targetId)
  if (!user) return failed('no_email', 'There is no address to mail to.')
  if ((user as { banned?: boolean | null }).banned) return failed('suspended', 'The account is suspended: a link would not open it.')
  await auth.api.signInMagicLink({ body: { email: user.email, callbackURL: '/account' }, headers: new Headers() })
  return done(1)
}

async function suspendAccount(on: ActOn): Promise<Outcome> {
  const { internalAdapter } = await on.auth.$context
  await internalAdapter.updateUser(on.targetId, { banned: true, banReason: 'suspended by support', banExpires: null })
  return done(await endSessions(on))
}

async function restoreAccount({ auth, targetId }: ActOn): Promise<Outcome> {
  const { adapter } = await auth.$context
  const suspended = [
    { field: 'id', value: targetId },
    { field: 'banned', value: true },
  ]
  return done(await adapter.updateMany({ model: 'user', where: suspended, update: { banned: false, banReason: null, banExpires: null } }))
}

async function forceLogout({ tx, targetId }: ActOn): Promise<Outcome> {
  const ended = await tx
    .deleteFrom('session')
    .where('expiresAt', '>', new Date())
    .where('userId', 'in', (eb) => eb.selectFrom('member').select('userId').where('organizationId', '=', targetId))
    .executeTakeFirst()
  return done(Number(ended.numDeletedRows))
}

/** What support may have done here. */
export const acts: Readonly<Record<string, Act>> = {
  reset_passkey: { on: 'user', have: resetPasskey },
  reset_totp: { on: 'user', have: resetTotp },
  revoke_sessions: { on: 'user', have: async (on) => done(await endSessions(on)) },
  revoke_session: { on: 'user', takesSession: true, have: revokeSession },
  send_magic_link: { on: 'user', have: sendMagicLink },
  suspend_account: { on: 'user', have: suspendAccount },
  restore_account: { on: 'user', have: restoreAccount },
  force_logout: { on: 'tenant', have: forceLogout },
}
