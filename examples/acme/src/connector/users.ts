import { type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { parse } from '../api/route.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'
import { describeDevice } from './device.ts'

const List = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200), cursor: z.string().max(200).optional() })

/** As the protocol shows a person. Somebody who has not confirmed their address yet is invited. */
export const userColumns = sql`
  u.id, m."organizationId" AS tenant_id, u.email, u.name, m.role,
  CASE WHEN u.banned THEN 'suspended' WHEN NOT u."emailVerified" THEN 'invited' ELSE 'active' END AS status,
  u."createdAt" AS created_at, u."lastSeenAt" AS last_seen_at`

export type UserRow = {
  id: string
  tenant_id: string
  email: string
  name: string
  role: string | null
  status: string
  created_at: Date
  last_seen_at: Date | null
}

export async function listTenantUsers({ db }: Database, tenantId: string, query: unknown) {
  const { limit, cursor } = parse(List, query)
  const tenant = await db.selectFrom('organization').select('id').where('id', '=', tenantId).executeTakeFirst()
  if (!tenant) throw new Problem('not_found', 'no such tenant')
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8')
  const found = await sql<UserRow>`
    SELECT ${userColumns} FROM member m JOIN "user" u ON u.id = m."userId"
    WHERE m."organizationId" = ${tenantId} AND m."userId" > ${after}
    ORDER BY m."userId" LIMIT ${limit + 1}`.execute(db)
  const items = found.rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: found.rows.length > limit && last ? Buffer.from(last.id).toString('base64url') : null }
}

export async function getUser({ db }: Database, userId: string) {
  const user = await sql<UserRow>`
    SELECT ${userColumns} FROM "user" u JOIN member m ON m."userId" = u.id WHERE u.id = ${userId}`.execute(db)
  const found = user.rows[0]
  if (!found) throw new Problem('not_found', 'no such user')
  const [factors, sessions] = await Promise.all([
    sql`${factorsOf(userId)}`.execute(db),
    sql<{ device: string | null }>`
      SELECT id, "userAgent" AS device, "ipAddress" AS ip, place, "createdAt" AS created_at, "lastSeenAt" AS last_seen_at,
        "expiresAt" AS expires_at
      FROM session WHERE "userId" = ${userId} AND "expiresAt" > now()
      ORDER BY coalesce("lastSeenAt", "createdAt") DESC LIMIT 200`.execute(db),
  ])
  return {
    user: found,
    factors: factors.rows,
    sessions: sessions.rows.map((session) => ({ ...session, device: describeDevice(session.device) })),
  }
}

const factorsOf = (userId: string) => sql<SqlBool>`
  SELECT a.id, 'password' AS kind, NULL AS label, a."createdAt" AS enrolled_at, s.last_used_at
  FROM account a LEFT JOIN sign_in_methods s ON s.user_id = a."userId" AND s.method = 'password'
  WHERE a."userId" = ${userId} AND a."providerId" = 'credential' AND a.password IS NOT NULL
  UNION ALL
  SELECT p.id, 'passkey', p.name, p."createdAt", s.last_used_at
  FROM passkey p LEFT JOIN sign_in_methods s ON s.user_id = p."userId" AND s.method = 'passkey'
    AND (SELECT count(*) FROM passkey o WHERE o."userId" = p."userId") = 1
  WHERE p."userId" = ${userId}
  UNION ALL
  SELECT t.id, 'totp', NULL, t.enrolled_at, NULL
  FROM "twoFactor" t JOIN "user" u ON u.id = t."userId"
  WHERE t."userId" = ${userId} AND t.verified IS NOT FALSE AND u."twoFactorEnabled"
  UNION ALL
  SELECT t.id || '.recovery', 'recovery_codes', NULL, t.enrolled_at, NULL
  FROM "twoFactor" t JOIN "user" u ON u.id = t."userId"
  WHERE t."userId" = ${userId} AND t.verified IS NOT FALSE AND u."twoFactorEnabled"
  UNION ALL
  SELECT s.user_id || '.magic_link', 'magic_link', NULL, s.first_used_at, s.last_used_at
  FROM sign_in_methods s WHERE s.user_id = ${userId} AND s.method = 'magic_link'
  ORDER BY enrolled_at, kind, id`
