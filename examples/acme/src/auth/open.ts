import { randomBytes } from 'node:crypto'
import { passkey } from '@better-auth/passkey'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { createAuthMiddleware } from 'better-auth/api'
import { admin, magicLink, organization, twoFactor } from 'better-auth/plugins'
import type { Database } from '../database/open.ts'
import { sendMail } from '../mail.ts'
import { addressesOf, passkeyAddress, passkeyHost } from './addresses.ts'
import { countFailure, rememberSignIn, startSession } from './session.ts'

const minutes = 60
const days = 24 * 60 * minutes

/**
 * better-auth with the product's own additions: what a tenant is, when somebody was last seen, how they signed in. `database` may be
 * a transaction: whatever this better-auth does is then part of it.
 */
export const authOptions = (database: Pick<Database, 'db'>, secret: string, baseURL: string) =>
  ({
    appName: 'Acme Attest',
    baseURL,
    basePath: '/api/auth',
    secret,
    trustedOrigins: addressesOf(baseURL),
    telemetry: { enabled: false },
    logger: { level: 'error' },
    database: { db: database.db, type: 'postgres' },
    emailAndPassword: { enabled: true, minPasswordLength: 12, autoSignIn: true },
    user: {
      deleteUser: { enabled: true },
      additionalFields: { lastSeenAt: { type: 'date', required: false, input: false } },
    },
    session: {
      expiresIn: 30 * days,
      additionalFields: {
        place: { type: 'string', required: false, input: false },
        method: { type: 'string', required: false, input: false },
        lastSeenAt: { type: 'date', required: false, input: false },
      },
    },
    advanced: {
      // The address of the connection, written by our own mount: a client cannot choose it.
      ipAddress: { ipAddressHeaders: [peerHeader] },
      database: {
        generateId: ({ model }) => newId(model),
        // It looks at the schema on a connection of its own, which a transaction does not give.
        validateSchema: database.db.isTransaction ? false : undefined,
      },
    },
    rateLimit: {
      enabled: true,
      window: 10,
      max: 200,
      customRules: { '/sign-in/*': { window: 10, max: 100 }, '/two-factor/*': { window: 10, max: 100 } },
    },
    hooks: {
      after: createAuthMiddleware(async ({ path, body, context }) => {
        if (path === '/sign-in/email' && context.returned instanceof Error) await countFailure(database, body?.email)
      }),
    },
    databaseHooks: {
      session: {
        create: {
          before: (session, context) => startSession(database, session, context?.path),
          after: (session) => rememberSignIn(database, session),
        },
      },
    },
    plugins: [
      organization({
        allowUserToCreateOrganization: false,
        membershipLimit: 10_000,
        schema: {
          organization: {
            additionalFields: {
              status: { type: 'string', required: true, defaultValue: 'onboarding', input: false },
              plan: { type: 'string', required: false, input: false },
              region: { type: 'string', required: false, input: false },
              updatedAt: { type: 'date', required: true, defaultValue: () => new Date(), input: false },
            },
          },
        },
      }),
      admin({ bannedUserMessage: 'This account is suspended.' }),
      twoFactor({ issuer: 'Acme Attest' }),
      magicLink({
        disableSignUp: true,
        expiresIn: 15 * minutes,
        sendMagicLink: ({ email, url }) => sendMail(database, email, signInLink(url)),
      }),
      passkey({ rpID: passkeyHost, rpName: 'Acme Attest', origin: passkeyAddress(baseURL) }),
    ],
  }) satisfies BetterAuthOptions

const signInLink = (url: string) => ({
  subject: 'Your sign-in link for Acme Attest',
  body: 'This link signs you in. It works once, for 15 minutes. You or our support asked for it; if you do not need it, do nothing.',
  link: url,
})

export const peerHeader = 'x-acme-peer'

const idPrefixes: Record<string, string> = { user: 'usr', organization: 'ten', session: 'sgn', member: 'mem', passkey: 'psk' }

export const newId = (model: string) => `${idPrefixes[model] ?? model.slice(0, 3)}_${randomBytes(12).toString('hex')}`

export function openAuth(database: Pick<Database, 'db'>, secret: string, baseURL: string) {
  return betterAuth(authOptions(database, secret, baseURL))
}

export type Auth = ReturnType<typeof openAuth>
