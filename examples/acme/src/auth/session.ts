import { sql } from 'kysely'
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
  await db.deleteFrom('failed_sign_ins').where('user_id', '=', session.userId).execute()
  await db.updateTable('user').set({ lastSeenAt: now }).where('id', '=', session.userId).execute()
  if (typeof session.method !== 'string') return
  await db
    .insertInto('sign_in_methods')
    .values({ user_id: session.userId, method: session.method, first_used_at: now, last_used_at: now })
    .onConflict((oc) => oc.columns(['user_id', 'method']).doUpdateSet({ last_used_at: now }))
    .execute()
}

/** A sign-in with a password was refused: counted where there is somebody with that address. */
export async function countFailure({ db }: Pick<Database, 'db'>, email: unknown): Promise<void> {
  if (typeof email !== 'string') return
  await sql`
    INSERT INTO failed_sign_ins AS f (user_id, count, last_at) SELECT id, 1, now() FROM "user" WHERE email = ${email.toLowerCase()}
    ON CONFLICT (user_id) DO UPDATE SET count = f.count + 1, last_at = excluded.last_at`.execute(db)
}
