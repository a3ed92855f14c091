import { type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { parse } from '../api/route.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'
import { describeDevice } from './device.ts'

/** Somebody who has not confirmed their address yet is invited. */
const statusOf = sql`CASE WHEN u.banned THEN 'suspended' WHEN NOT u."emailVerified" THEN 'invited' ELSE 'active' END`

const sorts = {
  name: sql`lower(u.name)`,
  email: sql`lower(u.email)`,
  role: sql`m.role`,
  status: sql`${statusOf}`,
  last_seen_at: sql`to_char(u."lastSeenAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`,
}

const List = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  cursor: z.string().max(2000).optional(),
  query: z.string().trim().max(200).default(''),
  status: z.enum(['active', 'invited', 'suspended', 'deleted']).optional(),
  role: z.string().max(200).optional(),
  sort: z.enum(Object.keys(sorts) as [keyof typeof sorts]).optional(),
  order: z.enum(['asc', 'desc']).default('asc'),
})

/** The last row of a page: what it was sorted by, and its id. */
const Place = z.tuple([z.string(), z.string()])

/** As the protocol shows a person. */
export const userColumns = sql`
  u.id, m."organizationId" AS tenant_id, u.email, u.name, m.role, ${statusOf} AS status,
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

/** Without a wildcard but our own. */
const holding = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`

const readPlace = (cursor: string): z.infer<typeof Place> => {
  try {
    return Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw new Problem('bad_request', 'not a cursor of this list')
  }
}

/** The people of a tenant, narrowed and sorted as asked, by pages of a key that does not move. */
export async function listTenantUsers({ db }: Database, tenantId: string, given: unknown) {
  const { limit, cursor, query, status, role, sort, order } = parse(List, given)
  const tenant = await db.selectFrom('organization').select('id').where('id', '=', tenantId).executeTakeFirst()
  if (!tenant) throw new Problem('not_found', 'no such tenant')
  const key = sql`coalesce((${sort === undefined ? sql`''` : sorts[sort]})::text, '') COLLATE "C"`
  const way = sql.raw(order === 'asc' ? 'ASC' : 'DESC')
  const wanted = [sql<SqlBool>`m."organizationId" = ${tenantId}`]
  if (query !== '') {
    const text = sql`fold(${holding(query)})`
    wanted.push(sql<SqlBool>`(u.folded_email LIKE ${text} OR u.folded_name LIKE ${text} OR u.id = ${query})`)
  }
  if (status !== undefined) wanted.push(sql<SqlBool>`${statusOf} = ${status}`)
  if (role !== undefined) wanted.push(sql<SqlBool>`m.role = ${role}`)
  if (cursor !== undefined) {
    const [after, id] = readPlace(cursor)
    wanted.push(sql<SqlBool>`(${key}, u.id COLLATE "C") ${sql.raw(order === 'asc' ? '>' : '<')} (${after}, ${id})`)
  }
  const found = await sql<UserRow & { place: string }>`
    SELECT ${userColumns}, ${key} AS place FROM member m JOIN "user" u ON u.id = m."userId"
    WHERE ${sql.join(wanted, sql` AND `)}
    ORDER BY ${key} ${way}, u.id COLLATE "C" ${way} LIMIT ${limit + 1}`.execute(db)
  const page = found.rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ place: _, ...user }) => user),
    next_cursor: found.rows.length > limit && last ? Buffer.from(JSON.stringify([last.place, last.id])).toString('base64url') : null,
    roles: await rolesOf(db, tenantId),
  }
}

const rolesOf = async (db: Database['db'], tenantId: string): Promise<string[]> => {
  const rows = await db.selectFrom('member').select('role').distinct().where('organizationId', '=', tenantId).orderBy('role').execute()
  return rows.map(({ role }) => role)
}

/** What a call asks about an account beside its factors: nothing that the product does not know. */
const accountOf = async (db: Database['db'], userId: string) => {
  const { rows } = await sql<{ email_verified: boolean; may_authorize: boolean; failed_sign_ins: number; last_failed_at: Date | null }>`
    SELECT u."emailVerified" AS email_verified, m.role IN ('owner', 'admin') AS may_authorize,
      coalesce(f.count, 0) AS failed_sign_ins, f.last_at AS last_failed_at,
      CASE WHEN NOT u."emailVerified" THEN u."createdAt" END AS invited_at
    FROM "user" u JOIN member m ON m."userId" = u.id LEFT JOIN failed_sign_ins f ON f.user_id = u.id WHERE u.id = ${userId}`.execute(db)
  return rows[0]
}

export async function getUser({ db }: Database, userId: string) {
  const user = await sql<UserRow>`
    SELECT ${userColumns} FROM "user" u JOIN member m ON m."userId" = u.id WHERE u.id = ${userId}`.execute(db)
  const found = user.rows[0]
  if (!found) throw new Problem('not_found', 'no such user')
  const [account, factors, sessions] = await Promise.all([
    accountOf(db, userId),
    sql`${factorsOf(userId)}`.execute(db),
    sql<{ device: string | null }>`
      SELECT id, "userAgent" AS device, "ipAddress" AS ip, place, "createdAt" AS created_at, "lastSeenAt" AS last_seen_at,
        "expiresAt" AS expires_at
      FROM session WHERE "userId" = ${userId} AND "expiresAt" > now()
      ORDER BY coalesce("lastSeenAt", "createdAt") DESC LIMIT 200`.execute(db),
  ])
  return {
    user: found,
    account,
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
