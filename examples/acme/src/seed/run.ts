import { randomBytes } from 'node:crypto'
import { hashPassword, symmetricEncrypt } from 'better-auth/crypto'
import type pg from 'pg'
import type { Signer } from '../signer.ts'
import { makeBusiness } from './business.ts'
import { seededPassword, seededTotpSecret } from './people.ts'
import { Random } from './random.ts'
import { makeTenants } from './tenants.ts'
import { makeUsers, type SeededUser } from './users.ts'

const seedNumber = 20261120
const sessionDays = 30
const day = 24 * 60 * 60_000

/** Sixty tenants and three thousand people, in one transaction, once. What must be secret is random; all else is the same each time. */
export async function seed(client: pg.PoolClient, given: { secret: string; signer: Signer; now: Date }): Promise<void> {
  const done = await client.query(`SELECT 1 FROM settings WHERE name = 'seeded'`)
  if (done.rowCount) return
  const { now, secret, signer } = given
  const random = new Random(seedNumber)
  const tenants = makeTenants(random)
  const users = makeUsers(random, tenants, now)
  const business = makeBusiness(random, signer, tenants, users, now)
  const passwordHash = await hashPassword(seededPassword)
  const totpSecret = await symmetricEncrypt({ key: secret, data: seededTotpSecret })
  const recoveryCodes = await symmetricEncrypt({
    key: secret,
    data: JSON.stringify(Array.from({ length: 10 }, () => randomBytes(5).toString('hex'))),
  })

  await client.query('BEGIN')
  try {
    const insert = bulkInserter(client)
    await insert(
      'organization',
      tenants.map((tenant) => ({
        id: tenant.id,
        name: tenant.name,
        slug: tenant.slug,
        status: tenant.status,
        plan: tenant.plan,
        region: tenant.region,
        createdAt: new Date(now.getTime() - tenant.createdDaysAgo * day),
        updatedAt: now,
      })),
    )
    await insert(
      'subscriptions',
      tenants.map((tenant) => ({ tenant_id: tenant.id, seats: seatsFor(tenant.people), time_zone: zones[tenant.region] })),
    )
    await insert('user', users.map(userRow(now)))
    await insert(
      'member',
      users.map((user) => ({
        id: `mem_${user.id.slice(4)}`,
        organizationId: user.tenant.id,
        userId: user.id,
        role: user.role,
        createdAt: user.createdAt,
      })),
    )
    await insert(
      'account',
      users
        .filter((user) => user.methods.includes('password'))
        .map((user) => ({
          id: `acc_${user.id.slice(4)}`,
          accountId: user.id,
          providerId: 'credential',
          userId: user.id,
          password: passwordHash,
          createdAt: user.createdAt,
          updatedAt: user.createdAt,
        })),
    )
    await insert('sign_in_methods', users.flatMap(methodRows))
    await insert(
      'passkey',
      users.flatMap((user) =>
        user.passkeys.map(({ credential, ...passkey }) => ({
          ...passkey,
          userId: user.id,
          credentialID: credential,
          counter: 0,
          deviceType: 'multiDevice',
          backedUp: true,
          transports: 'internal,hybrid',
          aaguid: '00000000-0000-0000-0000-000000000000',
        })),
      ),
    )
    await insert(
      'twoFactor',
      users
        .filter((user) => user.totp)
        .map((user) => ({
          id: `two_${user.id.slice(4)}`,
          userId: user.id,
          secret: totpSecret,
          backupCodes: recoveryCodes,
          verified: true,
          failedVerificationCount: 0,
          enrolled_at: user.createdAt,
        })),
    )
    await insert(
      'session',
      users.flatMap((user) =>
        user.sessions.map((session) => ({
          id: session.id,
          // Nobody may guess their way into a seeded session.
          token: randomBytes(24).toString('base64url'),
          userId: user.id,
          expiresAt: new Date(session.createdAt.getTime() + sessionDays * day),
          createdAt: session.createdAt,
          updatedAt: session.lastSeenAt,
          ipAddress: session.ip,
          userAgent: session.userAgent,
          activeOrganizationId: user.tenant.id,
          place: session.place,
          method: session.method,
          lastSeenAt: session.lastSeenAt,
        })),
      ),
    )
    await insert('attestations', business.attestations)
    await insert('billing_settings', business.billing)
    await insert('invoices', business.invoices)
    await insert('exports', business.exports)
    await insert('notifications', business.notifications)
    await insert('activity', business.activity)
    await insert('storage_incidents', [{ tenant_id: 'ten_umbrella', failing_share: 0.5 }])
    await client.query(`INSERT INTO settings (name, value) VALUES ('seeded', $1)`, [now.toISOString()])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
  await client.query('ANALYZE "user", member, session, attestations, activity')
}

const zones: Record<string, string> = {
  'eu-central-1': 'Europe/Berlin',
  'eu-west-1': 'Europe/Dublin',
  'us-east-1': 'America/New_York',
  'us-west-2': 'America/Los_Angeles',
  'ap-northeast-1': 'Asia/Tokyo',
  'ap-south-1': 'Asia/Kolkata',
  'sa-east-1': 'America/Sao_Paulo',
}

/** Seats are sold by tens. */
const seatsFor = (people: number): number => Math.ceil((people + 1) / 10) * 10

const userRow = (now: Date) => (user: SeededUser) => ({
  id: user.id,
  name: user.name,
  email: user.email,
  emailVerified: user.status !== 'invited',
  createdAt: user.createdAt,
  updatedAt: user.lastSeenAt ?? user.createdAt,
  role: 'user',
  banned: user.status === 'suspended',
  banReason: user.status === 'suspended' ? 'suspended by the organisation' : null,
  twoFactorEnabled: user.totp,
  lastSeenAt: user.lastSeenAt && user.lastSeenAt > now ? now : user.lastSeenAt,
})

const methodRows = (user: SeededUser) =>
  user.methods.map((method) => {
    // A passkey is used after it was enrolled.
    const first = (method === 'passkey' ? user.passkeys[0]?.createdAt : undefined) ?? user.createdAt
    const last = user.sessions.find((session) => session.method === method)?.createdAt ?? first
    return { user_id: user.id, method, first_used_at: first, last_used_at: last < first ? first : last }
  })

/** All rows of a table in one statement; the columns are those of the first row, which all rows share. */
const bulkInserter =
  (client: pg.PoolClient) =>
  async (table: string, rows: readonly object[]): Promise<void> => {
    if (rows.length === 0) return
    const columns = Object.keys(rows[0] ?? {})
      .map((name) => `"${name}"`)
      .join(', ')
    await client.query(`INSERT INTO "${table}" (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::"${table}", $1::json)`, [
      JSON.stringify(rows),
    ])
  }
