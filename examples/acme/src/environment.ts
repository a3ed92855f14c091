import { z } from 'zod'
import type { SignalSettings } from './signals/start.ts'

const flag = (fallback: boolean) =>
  z
    .enum(['0', '1'])
    .default(fallback ? '1' : '0')
    .transform((text) => text === '1')

const Environment = z.object({
  ACME_PORT: z.coerce.number().int().min(0).max(65535).default(4002),
  ACME_HOST: z.string().min(1).default('127.0.0.1'),
  DATABASE_URL: z.string().min(1, 'DATABASE_URL is missing: postgres://user:password@host/database'),
  ACME_TRUSTED_ISSUER: z.string().min(1).default('http://localhost:4000'),
  ACME_TRUSTED_JWKS_URL: z.url().default('http://localhost:4000/.well-known/jwks.json'),
  ACME_AUDIENCE: z.string().min(1).default('acme-api'),
  ACME_CONNECTOR_AUDIENCE: z.string().min(1).default('acme-connector'),
  ACME_REQUEST_JOURNAL: z.string().optional(),
  ACME_TRAFFIC: z.coerce.number().min(0).max(200).default(2),
  ACME_SIGNALS_URL: z.url().default('http://localhost:4000'),
  ACME_SIGNALS_KEY: z.string().min(1).optional(),
  ACME_MADE_UP: flag(true),
  ACME_SEED: flag(true),
  ACME_FAULTS: flag(false),
  ACME_EXIT_WITH_PARENT: flag(false),
})

export type Settings = {
  port: number
  host: string
  databaseUrl: string
  trustedIssuer: string
  trustedJwksUrl: string
  audience: string
  connectorAudience: string
  journal: string | undefined
  requestsPerSecond: number
  /** Undefined where nobody is told. */
  signals: SignalSettings | undefined
  seed: boolean
  faults: boolean
  exitWithParent: boolean
}

export function parseEnvironment(environment: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(given)
  if (!parsed.success) throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'))
  const e = parsed.data
  return {
    port: e.ACME_PORT,
    host: e.ACME_HOST,
    databaseUrl: e.DATABASE_URL,
    trustedIssuer: e.ACME_TRUSTED_ISSUER,
    trustedJwksUrl: e.ACME_TRUSTED_JWKS_URL,
    audience: e.ACME_AUDIENCE,
    connectorAudience: e.ACME_CONNECTOR_AUDIENCE,
    journal: e.ACME_REQUEST_JOURNAL,
    requestsPerSecond: e.ACME_TRAFFIC,
    signals:
      e.ACME_SIGNALS_KEY === undefined
        ? undefined
        : { url: new URL(e.ACME_SIGNALS_URL).origin, key: e.ACME_SIGNALS_KEY, madeUp: e.ACME_MADE_UP },
    seed: e.ACME_SEED,
    faults: e.ACME_FAULTS,
    exitWithParent: e.ACME_EXIT_WITH_PARENT,
  }
}
