import type { Database } from '../database/open.ts'

const methodByPath: Record<string, string> = {
  '/sign-in/email': 'password',
  '/sign-up/email': 'password',
  '/two-factor/verify-totp': 'password',
  '/two-factor/verify-backup-code': 'password',
  '/magic-link/verify': 'magic_link',
  '/passkey/verify-authentication': 'passkey',
}

/** A new session works in its person's organisation at once, and says how it began. */
export async function startSession(
  { db }: Pick<Database, 'db'>,
  session: { userId: string } & Record<string, unknown>,
  path: string | undefined,
): Promise<{ data: Record<string, unknown> }> {
  const member = await db.selectFrom('member').select('organizationId').where('userId', '=', session.userId).executeTakeFirst()
  const method = (path && methodByPath[path]) ?? null
  return { data: { ...session, activeOrganizationId: member?.organizationId ?? null, method, lastSeenAt: new Date() } }
}

/** Kept apart from sessions, which come and go: this is when a way to sign in was first and last used. */
export async function rememberSignIn(
  { db }: Pick<Database, 'db'>,
  session: ({ userId: string } & Record<string, unknown>) | null,
): Promise<void> {
  // The database did not let it begin: its person was suspended a moment ago.
  if (!session) return
  const now = new Date()
  await db.updateTable('user').set({ lastSeenAt: now }).where('id', '=', session.userId).execute()
  if (typeof session.method !== 'string') return
  await db
    .insertInto('sign_in_methods')
    .values({ user_id: session.userId, method: session.method, first_used_at: now, last_used_at: now })
    .onConflict((oc) => oc.columns(['user_id', 'method']).doUpdateSet({ last_used_at: now }))
    .execute()
}
