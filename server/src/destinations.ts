import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { EventFilters } from '@countersign/contract/events.ts'
import { feedFormats } from '@countersign/contract/feed.ts'
import { TenantId } from '@countersign/contract/ids.ts'
import { z } from 'zod'
import { Trouble } from './errors.ts'

/** Where a secret is: never in the configuration itself. */
const Secret = z
  .strictObject({
    env: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/)
      .optional()
      .describe('Environment variable that holds it'),
    file: z.string().min(1).optional().describe('File that holds it, from the folder of this file'),
  })
  .refine(({ env, file }) => (env === undefined) !== (file === undefined), { message: 'name env or file, not both' })
export type Secret = z.infer<typeof Secret>

const address = z
  .string()
  .refine((text) => isIP(text) !== 0, { message: 'must be an IP address' })
  .describe('An address')
const url = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false
    const { protocol, username, password, hash } = new URL(text)
    return /^https?:$/.test(protocol) && !username && !password && !hash
  },
  { message: 'must be a plain http or https address without user or fragment', abort: true },
)
const text = z.string().min(1).max(200)
const Format = z.enum(feedFormats)

const reach = {
  tenant_id: TenantId.optional().describe("A customer's own destination: it gets the events of that tenant alone"),
  allow_addresses: z.array(address).max(20).default([]).describe('Addresses that may be called although they are not public'),
  ca_file: z
    .string()
    .min(1)
    .optional()
    .describe('The certificate authorities of this destination, PEM, in place of all others; from the folder of this file'),
}
const common = {
  ...reach,
  filter: EventFilters.omit({ from: true, to: true, tenant_id: true })
    .prefault({})
    .describe('Which events, by the words of the audit page'),
}
const http = { ...common, url }

/** Where events go. */
export const Destination = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook').describe('Standard Webhooks: one signed message an event'),
    ...http,
    content: z.enum(['events', 'receipts']).default('events').describe('receipts: one for each support session that has ended'),
    secrets: z.array(Secret).min(1).max(3).describe('whsec_…; several while one is exchanged for another'),
    format: Format.default('countersign'),
  }),
  z.strictObject({
    type: z.literal('ndjson').describe('Lines of JSON'),
    ...http,
    token: Secret.optional().describe('Bearer token'),
    format: Format.default('countersign'),
  }),
  z.strictObject({
    type: z.literal('splunk_hec'),
    ...http,
    token: Secret,
    index: text.optional(),
    source_type: text.default('countersign'),
    acks: z.boolean().default(false).describe('Waits until Splunk has indexed what it took'),
    ack_seconds: z.number().int().min(1).max(60).default(60).describe('How long it may take to say so'),
    format: Format.default('ocsf'),
  }),
  z.strictObject({
    type: z.literal('elasticsearch').describe('Elasticsearch or OpenSearch, by _bulk'),
    ...http,
    api_key: Secret.optional(),
    index: text.describe('Index or data stream'),
    format: Format.default('ecs'),
  }),
  z.strictObject({
    type: z.literal('datadog'),
    ...http,
    api_key: Secret,
    service: text.default('countersign'),
    format: Format.default('countersign'),
  }),
  z.strictObject({
    type: z.literal('syslog').describe('RFC 5424, octet counting'),
    ...common,
    host: text,
    port: z.number().int().min(1).max(65535).default(6514),
    transport: z.enum(['tls', 'tcp']).default('tls'),
    certificate_file: z.string().min(1).optional().describe('Our certificate, PEM'),
    key: Secret.optional().describe('Its key, PEM'),
    format: Format.default('cef'),
  }),
  z.strictObject({
    type: z.literal('file').describe('A file that rotates'),
    ...common,
    path: z.string().min(1).describe('From the folder of this file'),
    max_bytes: z.number().int().min(10_000).max(10_000_000_000).default(100_000_000).describe('Size at which it is renamed'),
    keep: z.number().int().min(1).max(1000).default(10).describe('How many that were renamed are kept'),
    format: Format.default('countersign'),
  }),
  z.strictObject({
    type: z.literal('mail').describe('E-mail by SMTP'),
    ...reach,
    content: z.enum(['receipts', 'approvals']).describe('approvals: to those who approve, for each request that waits'),
    host: text,
    port: z.number().int().min(1).max(65535).default(465),
    tls: z.boolean().default(true).describe('TLS from the first byte; else by STARTTLS'),
    user: text.optional(),
    password: Secret.optional(),
    from: z.email().max(200),
    to: z.array(z.email().max(200)).min(1).max(50),
  }),
  z.strictObject({
    type: z.literal('slack').describe('A webhook as Slack has it: one message for each request that waits for an approval'),
    ...reach,
    url_secret: Secret.describe('Its address, which is a secret'),
  }),
  z.strictObject({
    type: z.literal('caep').describe('Tells the product that sessions were revoked, by security event tokens (RFC 8417, RFC 8935)'),
    ...reach,
    url,
    audience: text,
    token: Secret.optional().describe('Bearer token'),
  }),
])
export type Destination = z.infer<typeof Destination>
export type DestinationOf<T extends Destination['type']> = Extract<Destination, { type: T }>

export const DestinationName = z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, 'must be a lower-case word')

/** The value of a secret. Throws Trouble where it is not there: a destination without its secret is no destination. */
export const readSecret = (where: string, { env, file }: Secret, { environment, folder }: SecretSources): string => {
  const value = env === undefined ? readSecretFile(where, folder(file as string)) : environment[env]
  if (value === undefined || value.trim() === '')
    throw new Trouble(`${where} names ${env ?? file}, which is not set.`, 'Set it, or leave the destination out.')
  return value.trim()
}

export type SecretSources = {
  environment: NodeJS.ProcessEnv
  /** Where a path of the configuration leads. */
  folder(path: string): string
}

const readSecretFile = (where: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Trouble(`${where} names ${path}, which cannot be read.`, 'Create it, readable by this user alone.', cause as Error)
  }
}
