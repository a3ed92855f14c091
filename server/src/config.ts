import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ActionName, Risk, sessionActions, tableGates } from '@countersign/contract/actions.ts'
import { TenantId } from '@countersign/contract/ids.ts'
import { presetReadOnly, Scope, ScopeOrPreset } from '@countersign/contract/scopes.ts'
import { ProcessRole, processRoles } from '@countersign/contract/services.ts'
import { ttlMaximumMinutes } from '@countersign/contract/sessions.ts'
import { approverRoles, consoleRoles, roles } from '@countersign/contract/staff.ts'
import { isTarget } from '@countersign/contract/target.ts'
import { isTyped } from '@countersign/contract/text.ts'
import { getDomain } from 'tldts'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { Destination, DestinationName } from './destinations.ts'
import { Trouble } from './errors.ts'
import { complainOfForwarding, complainOfPassing } from './header-names.ts'
import { knownNames, meant } from './names.ts'
import { findFault, parametersOf, parsePattern } from './pattern.ts'
import './wording.ts'

const httpUrl = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false
    const { protocol, username, password, hash, search } = new URL(text)
    return /^https?:$/.test(protocol) && !username && !password && !hash && !search
  },
  { message: 'must be a plain http or https address without user, query or fragment', abort: true },
)
const origin = httpUrl
  .refine((text) => new URL(text).pathname === '/', { message: 'must have no path', abort: true })
  .transform((text) => new URL(text).origin)
/** Without the slash at its end: targets begin with one. */
const upstreamUrl = httpUrl
  .refine((text) => !text.startsWith('/', text.indexOf('/', 8)) || /^(?:\/[A-Za-z0-9._~-]+)*\/?$/.test(new URL(text).pathname), {
    message: 'must have a path of plain segments, or none',
    abort: true,
  })
  .transform((text) => new URL(text).href.replace(/\/$/, ''))
/** Names of headers that may pass beside the usual ones. */
const headerNames = (complain: (name: string) => string | undefined) =>
  z
    .array(
      z
        .string()
        .toLowerCase()
        .superRefine((name, { addIssue }) => {
          const complaint = complain(name)
          if (complaint !== undefined) addIssue(`${name.slice(0, 64)} ${complaint}`)
        }),
    )
    .max(50)
    .default([])
/** Part of a host name, where the product is shown in a browser. */
const UpstreamName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,29}$/, 'must be a name of lower-case letters and digits')
  .refine((name) => name !== 'default', 'is the name of `upstream`')
const port = z.number().int().min(0).max(65535)
const method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
// The gateway looks at a HEAD as at the GET of the same path: a sink with HEAD would never match.
const sinkMethod = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], {
  error: 'must be GET, POST, PUT, PATCH or DELETE; a sink with GET keeps HEAD out too',
})
/** A path pattern, written as pattern.ts has it. */
const pattern = (mayEndBelow: boolean) =>
  z
    .string()
    .max(500)
    .superRefine((path, { addIssue }) => {
      const fault = findFault(path, { mayEndBelow })
      if (fault !== undefined) addIssue(fault)
    })

const Route = z
  .strictObject({
    method,
    path: pattern(false),
    scope: Scope,
    tenant: z
      .string()
      .regex(/^:[a-z][a-z0-9_]*$/)
      .optional()
      .describe("Parameter of the path that must be the session's tenant"),
    does: z
      .string()
      .trim()
      .min(3)
      .max(80)
      .refine((text) => isTyped(text) && !/[\t\n]|^to /i.test(text), 'is one line such as "mark a notification as read", without "to"')
      .optional()
      .describe('What the route does, for people'),
    cookies: z.literal('kept').optional().describe('In a view, the gateway keeps the cookies that the product sets, for the session'),
    upstream: z.string().optional().describe('Which of the upstreams serves it; default: `upstream`'),
    stream: z.enum(['sse', 'websocket']).optional().describe('It answers a stream of events, or is a WebSocket'),
    reads: z.boolean().optional().describe('It changes nothing, although its kind could: it may be in read_only'),
    forms: z.boolean().optional().describe('Takes forms: urlencoded, and in parts'),
  })
  .refine(({ reads, method, stream }) => !reads || method === 'POST' || stream === 'websocket', {
    path: ['reads'],
    message: 'is for POST and for WebSockets: GET and HEAD read anyway, and others do not',
  })
  .refine(({ forms, method }) => !forms || ['POST', 'PUT', 'PATCH'].includes(method), {
    path: ['forms'],
    message: 'is for methods with a body',
  })
  .refine(({ stream, method }) => stream === undefined || method === 'GET', { path: ['stream'], message: 'is asked for by GET' })
  .refine((route) => route.tenant === undefined || parametersOf(parsePattern(route.path)).includes(route.tenant), {
    path: ['tenant'],
    message: 'must name a parameter of the path',
  })
export type Route = z.infer<typeof Route>

const notAFolder = 'would open every path of the product without a scope: name a folder, as /assets/**, or a file'
/** Static files of the product: a path, or one with more to it. */
const Assets = z.preprocess(
  (value) => (typeof value === 'string' ? { path: value } : value),
  z.strictObject({
    path: pattern(true).refine((path) => !/^\/(?:\*\*)?$/.test(path), notAFolder),
    upstream: z.string().optional().describe('Which of the upstreams serves them; default: `upstream`'),
  }),
)

// Without spaces: the request to the provider lists them separated by one.
const claimValue = z.string().regex(/^[\x21-\x7e]{1,200}$/)

const unique = (list: readonly string[]) => new Set(list).size === list.length
const approvalMinutes = z.number().int().min(1).max(10_080)

const retentionDays = z.number().int().min(1).max(36_500)

/** One row of the table of actions: what differs from the default. */
const ActionRule = z
  .strictObject({
    off: z.boolean().default(false).describe('Nobody can do this'),
    requires: z.array(z.enum(tableGates)).refine(unique, 'names a gate twice').optional().describe('The gates'),
    risk: Risk.optional(),
    roles: z.array(z.enum(consoleRoles)).min(1).refine(unique, 'names a role twice').optional().describe('Who may ask for it'),
    approvers: z.array(z.enum(approverRoles)).min(1).refine(unique, 'names a role twice').optional().describe('Whose approval counts'),
    approvals: z.number().int().min(1).max(5).optional().describe('How many different people must approve'),
    expires_minutes: approvalMinutes.optional().describe('How long a request waits for its approval'),
  })
  .refine(({ requires = ['reason'] }) => !requires.includes('approval') || requires.includes('reason'), {
    path: ['requires'],
    message: 'an approver signs the reason too: require reason beside approval',
  })
export type ActionRule = z.infer<typeof ActionRule>

const ActionRules = z.partialRecord(ActionName, ActionRule).superRefine((rules, context) => {
  for (const action of sessionActions) {
    if (rules[action]?.requires?.includes('reason') === false)
      context.addIssue({ code: 'custom', path: [action, 'requires'], message: 'a support session always has a reason: require it' })
  }
})

/** What staff with a role may have in a support session (M6). */
const RoleCeiling = z.strictObject({
  scopes: z
    .array(ScopeOrPreset)
    .min(1)
    .max(200)
    .refine(unique, 'names a scope twice')
    .optional()
    .describe('Scopes and presets; default: all'),
  max_minutes: z.number().int().min(1).max(ttlMaximumMinutes).optional().describe('Longest that a session may run, extensions included'),
})

const Sessions = z.strictObject({
  idle_minutes: z.number().int().min(1).max(60).default(10).describe('A session ends when nobody has done anything in it for so long'),
  roles: z
    .partialRecord(z.enum(consoleRoles), RoleCeiling)
    .default({})
    .describe('What a role may have in a session; of several roles, what one of them may have'),
  end_with_sign_out: z.boolean().default(true).describe('Whether the sessions that a person has open end when the person signs out'),
  bind_to_address: z.boolean().default(false).describe('A session may be used from the address that it was opened from and no other'),
})

const percent = z.number().min(0).max(100)

/** What health is held against (X9), as far as it differs from plan to plan and tenant to tenant. */
const thresholds = {
  error_critical_percent: percent.gt(0).describe('Critical from this error rate on'),
  error_warning_percent: percent.gt(0).describe('Warning from this error rate on'),
  silent_hours: z.number().int().min(1).max(168).describe('Critical after so many hours without a call'),
  reduced_percent: percent.describe('Warning below this share of the usual calls'),
  minimum_calls: z.number().int().min(1).max(1_000_000).describe('Fewer calls say nothing: of an error rate, of a week'),
}
const Overrides = z.strictObject({
  error_critical_percent: thresholds.error_critical_percent.optional(),
  error_warning_percent: thresholds.error_warning_percent.optional(),
  silent_hours: thresholds.silent_hours.optional(),
  reduced_percent: thresholds.reduced_percent.optional(),
  minimum_calls: thresholds.minimum_calls.optional(),
})

/** PromQL for calls a second by tenant. Whoever asks says over which window. */
const rateQuery = z
  .string()
  .max(2_000)
  .refine((query) => query.includes('[$window]'), 'must hold [$window], as in rate(http_requests_total[$window])')

const Health = z
  .strictObject({
    error_critical_percent: thresholds.error_critical_percent.default(10),
    error_warning_percent: thresholds.error_warning_percent.default(2),
    silent_hours: thresholds.silent_hours.default(24),
    reduced_percent: thresholds.reduced_percent.default(50),
    minimum_calls: thresholds.minimum_calls.default(20),
    stale_minutes: z.number().int().min(2).max(1440).default(15).describe('After how long without any signal nothing is known of anybody'),
    plans: z.record(z.string().min(1).max(200), Overrides).default({}).describe('Thresholds of a plan'),
    tenants: z.record(TenantId, Overrides).default({}).describe('Thresholds of a tenant; they win over those of its plan'),
    tenant_attribute: z.string().min(1).max(200).default('tenant.id').describe('Attribute of telemetry that names the tenant (OTLP)'),
    errors: z
      .union([z.number().int().min(100).max(599), z.array(z.number().int().min(100).max(599)).max(200)])
      .default(500)
      .describe('HTTP statuses that are errors: from one on, or a list (OTLP)'),
    prometheus: z
      .strictObject({
        url: httpUrl,
        calls_query: rateQuery,
        errors_query: rateQuery,
        tenant_label: z
          .string()
          .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is not a label of Prometheus')
          .default('tenant_id'),
        minute_window: z
          .string()
          .regex(/^[1-9]\d{0,2}[sm]$/, 'must be a duration such as 2m')
          .default('2m'),
        delay_seconds: z.number().int().min(0).max(600).default(60),
        token_env: z
          .string()
          .regex(/^[A-Z][A-Z0-9_]*$/)
          .optional(),
      })
      .optional()
      .describe('A Prometheus that is asked for signals'),
  })
  .superRefine((health, context) => {
    const overridden = [...Object.values(health.plans), {}].flatMap((plan) =>
      [...Object.values(health.tenants), {}].map((tenant) => ({ ...health, ...plan, ...tenant })),
    )
    if (overridden.some(({ error_warning_percent, error_critical_percent }) => error_warning_percent > error_critical_percent))
      context.addIssue({
        code: 'custom',
        path: ['error_warning_percent'],
        message: 'a warning must not need more errors than what is critical, also where a plan or a tenant has its own thresholds',
      })
  })

/** `countersign.config.yaml`. Unknown keys are refused with the nearest known one. */
/** What a person is called: it tells nobody what they may (AN-10). */
const labelClaims = ['email', 'preferred_username', 'upn', 'unique_name', 'name', 'nickname', 'given_name', 'family_name']

export const ConfigFile = z.strictObject({
  roles: z
    .array(ProcessRole)
    .min(1)
    .default([...processRoles])
    .describe('What a process is for'),
  product: z.strictObject({ name: z.string().min(1).max(100).default('your product') }).prefault({}),
  console: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address to listen on'),
      port: port.default(4000),
      public_url: origin.optional().describe('Address that browsers use; default http://localhost:<port>'),
    })
    .prefault({}),
  gateway: z.strictObject({
    host: z.string().default('127.0.0.1').describe('Address to listen on'),
    port: port.default(4001),
    public_url: origin.optional().describe('Address that callers use; default http://localhost:<port>'),
    browser_origin: z
      .string()
      .regex(/^https?:\/\/\*\.[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/, 'must be like https://*.access-product.example')
      .optional()
      .describe('Where the product is shown in browsers: a domain for this alone; default http://*.localhost:<port> on loopback'),
    browser_origin_is_public_suffix: z.boolean().default(false).describe('The domain of `browser_origin` is on the Public Suffix List'),
    start_page: z
      .string()
      .refine(isTarget, 'is not a path of the product')
      .optional()
      .describe('Where the product begins when somebody steps in; default: `/` where that is declared, else the plainest page'),
    browser_sources: z
      .array(origin.refine((text) => text.startsWith('https:'), 'must be an https address'))
      .max(20)
      .default([])
      .describe('Other origins from which pages of the product may load scripts, styles, fonts and images'),
    upstream: upstreamUrl.describe("The product's own API"),
    upstreams: z.record(UpstreamName, upstreamUrl).default({}).describe('Further addresses of the product, by name'),
    upstream_aliases: z
      .record(z.string(), z.array(upstreamUrl).min(1).max(20))
      .default({})
      .describe('Addresses under which an upstream speaks of itself, beside the one that we call'),
    upstream_audiences: z.record(z.string(), z.string().min(1).max(200)).default({}).describe('`aud` for further upstreams'),
    upstream_audience: z.string().min(1).max(200).describe('`aud` of the assertion that the product verifies'),
    upstream_timeout_seconds: z.number().int().min(1).max(300).default(30).describe('Longest wait for the first byte of an answer'),
    upstream_idle_seconds: z
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(300)
      .describe('Longest that an answer may pause, as silent event streams do, and that a WebSocket may be silent'),
    keep_alive_seconds: z.number().int().min(1).max(3600).default(75).describe('How long a connection is kept without a request'),
    forward_headers: headerNames(complainOfForwarding).describe('Further headers of callers that the product is told'),
    pass_headers: headerNames(complainOfPassing).describe('Further headers of its answers that callers are shown'),
    upload_idle_seconds: z.number().int().min(1).max(300).default(30).describe('Longest that a request body may pause'),
    max_request_bytes: z.number().int().min(0).max(1_000_000_000).default(10_000_000),
    routes: z.array(Route).min(1).max(5000),
    assets: z.array(Assets).max(100).default([]).describe('Static files of the product, which need no scope'),
    presets: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,40}$/), z.array(Scope).min(1)),
    sinks: z
      .array(z.strictObject({ method: sinkMethod, path: pattern(true) }))
      .max(1000)
      .default([])
      .describe('Never reachable in a support session'),
  }),
  directory: z.strictObject({
    connector: z.strictObject({
      url: httpUrl,
      audience: z.string().min(1).max(200),
    }),
    sync_seconds: z.number().int().min(5).max(86400).default(60),
    full_sync_hours: z.number().min(0.01).max(168).default(24),
  }),
  identity: z
    .strictObject({
      issuer: httpUrl,
      client_id: z.string().min(1),
      client_secret_env: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]*$/)
        .optional()
        .describe('Environment variable that holds the client secret'),
      client_authentication: z
        .enum(['client_secret_basic', 'client_secret_post'])
        .optional()
        .describe('How the secret is sent; default: the first of the two that the provider announces'),
      scope: z
        .string()
        .refine((scope) => scope.split(' ').includes('openid'), 'must contain openid')
        .default('openid email profile'),
      roles_claim: z
        .string()
        .refine(
          (claim) => !labelClaims.includes(claim),
          'is a label that people can often choose themselves; use groups, or `sub` with a role_map',
        )
        .default('roles')
        .describe('Claim with the roles; dots reach into objects'),
      acr_values: z.array(claimValue).min(1).optional().describe('Authentication contexts (`acr`) of which a sign-in must have one'),
      amr_any: z.array(claimValue).min(1).optional().describe('Authentication methods (`amr`) of which a sign-in must have used one'),
      max_age_seconds: z
        .number()
        .int()
        .min(1)
        .max(31_536_000)
        .optional()
        .describe('How long ago the person may have authenticated at the provider'),
      role_map: z.record(z.string(), z.enum(roles)).optional().describe('Value of the claim → role; default: the same names'),
    })
    .optional()
    .describe('The staff identity provider (OpenID Connect). None: a local one with named people, on loopback only'),
  passkeys: z
    .strictObject({
      first_key: z
        .enum(['confirmation', 'after_24_hours'])
        .default('confirmation')
        .describe(
          "When a person's first passkey may sign: after a super_admin confirmed it, or a day later. The local example waits for nothing",
        ),
    })
    .prefault({}),
  policy: z
    .strictObject({
      preset: z.enum(['default', 'strict']).default('default').describe('The table of actions that `actions` changes'),
      folder: z.string().min(1).optional().describe('Folder of *.cedar files with further rules, from the folder of this file'),
      step_up: z.boolean().optional().describe('Actions need a fresh confirmation with a passkey; default: where `identity` is configured'),
    })
    .prefault({}),
  actions: ActionRules.default({}),
  sessions: Sessions.prefault({}),
  tickets: z
    .strictObject({
      url: z
        .string()
        .max(500)
        .refine((text) => text.split('{id}').length === 2, 'must hold {id} once, where the ticket goes')
        .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http or https address')
        .optional()
        .describe('Page of a ticket in your ticket desk'),
    })
    .prefault({}),
  approvals: z
    .strictObject({
      signature: z.enum(['passkey', 'sign_in']).default('passkey').describe('How an approver signs'),
      expires_minutes: approvalMinutes.default(240).describe('How long a request waits for its approval'),
      auto_execute: z.boolean().default(true).describe('An approved request runs without a further click of its requester'),
    })
    .prefault({}),
  log: z
    .strictObject({
      origin: z
        .string()
        .regex(/^[A-Za-z0-9[][A-Za-z0-9./:[\]-]*$/, 'may hold letters, digits and . / : - [ ], as an address does')
        .refine((name) => !name.includes('://'), 'is written without a scheme')
        .optional()
        .describe("The log's name in checkpoints; default: the address of the log, without its scheme"),
    })
    .prefault({}),
  retention: z
    .strictObject({
      searches_days: retentionDays.optional().describe('After how many days the texts of searches are erased; default: never'),
      addresses_days: retentionDays.optional().describe('After how many days the addresses of refused callers are erased; default: never'),
    })
    .prefault({}),
  destinations: z.record(DestinationName, Destination).default({}).describe('Where events are delivered, by name'),
  health: Health.prefault({}),
  tls: z
    .strictObject({
      ca_file: z
        .string()
        .min(1)
        .optional()
        .describe('Further certificate authorities, PEM, for all calls to others; from the folder of this file'),
    })
    .prefault({}),
  keys_dir: z.string().optional().describe('Folder of the keys; default <data dir>/keys'),
})
export type ConfigFile = z.infer<typeof ConfigFile>

/** The whole configuration: the file, the environment over it. */
export type Config = ConfigFile & {
  /** Where the file was, for messages. */
  source: string
  /** Runs the example product too. */
  example: boolean
  example_port: number
  data_dir: string
  database_url?: string
  database_app_url?: string
  database_eraser_url?: string
}

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null | undefined)?.[step], raw)

const explainIssue = (issue: z.core.$ZodIssue, raw: unknown): string[] => {
  const path = issue.path.map(String)
  const unknown = (key: string, known: readonly unknown[]) => `  ${[...path, key].join('.')}: unknown key${meant(key, known)}`
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknown(key, knownNames(ConfigFile, issue.path)))
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  const hint = issue.code === 'invalid_value' ? meant(valueAt(raw, issue.path), issue.values) : ''
  return [`  ${path.join('.') || 'the file'}: ${message}${hint}`]
}

/** Every upstream that is named exists, and no two are one: which of them would an address lead to? */
const requireUpstreams = (gateway: ConfigFile['gateway'], source: string): void => {
  const all = { default: gateway.upstream, ...gateway.upstreams }
  const known = Object.keys(all)
  const named = [
    ...gateway.routes.map(({ upstream = 'default' }, i) => [`gateway.routes.${i}.upstream`, upstream] as const),
    ...gateway.assets.map(({ upstream = 'default' }, i) => [`gateway.assets.${i}.upstream`, upstream] as const),
    ...Object.keys(gateway.upstream_aliases).map((name) => ['gateway.upstream_aliases', name] as const),
    ...Object.keys(gateway.upstream_audiences).map((name) => ['gateway.upstream_audiences', name] as const),
  ]
  const [at, name] = named.find(([, given]) => !known.includes(given)) ?? []
  if (at !== undefined)
    throw new Trouble(
      `${source} cannot be used:\n  ${at}: there is no upstream ${name}${meant(name, known)}`,
      `There are: ${known.join(', ')}. Declare others in gateway.upstreams.`,
    )
  const addresses = Object.entries(all).flatMap(([of, url]) => [url, ...(gateway.upstream_aliases[of] ?? [])])
  const twice = addresses.find((address, i) => addresses.indexOf(address) !== i)
  if (twice !== undefined)
    throw new Trouble(
      `${source} cannot be used:\n  gateway.upstreams: ${twice} stands for two upstreams`,
      'An address in an answer of the product must lead to one of them: keep one.',
    )
}

/** What a caller sends by a WebSocket nobody judges. */
const mayChange = ({ method, stream, reads }: Route): boolean => !reads && (stream === 'websocket' || !['GET', 'HEAD'].includes(method))

/** Parses the text of a configuration file. */
export const parseConfig = (text: string, source: string): ConfigFile => {
  let raw: unknown
  try {
    raw = parseYaml(text, { maxAliasCount: 0, prettyErrors: true })
  } catch (error) {
    throw new Trouble(`${source} is not valid YAML: ${(error as Error).message.split('\n')[0]}`, 'Correct the line named above.')
  }
  const parsed = ConfigFile.safeParse(raw ?? {})
  if (!parsed.success)
    throw new Trouble(
      `${source} cannot be used:\n${parsed.error.issues.flatMap((issue) => explainIssue(issue, raw)).join('\n')}`,
      'docs/configuration.md describes every key.',
    )
  requireUpstreams(parsed.data.gateway, source)
  const { routes, presets } = parsed.data.gateway
  const refusePreset = (name: string, sentence: string, hint: string) => {
    throw new Trouble(`${source} cannot be used:\n  gateway.presets.${name}: ${sentence}`, hint)
  }
  for (const [name, scopes] of Object.entries(presets)) {
    const unknown = scopes.find((scope) => !routes.some((route) => route.scope === scope))
    if (unknown) refusePreset(name, `no route has the scope ${unknown}`, 'Declare a route with it or leave it out.')
  }
  if (presets[presetReadOnly] === undefined) {
    refusePreset(presetReadOnly, 'is missing; it is what a session has when nothing else is asked for', 'List the scopes that only read.')
  }
  for (const [role, { scopes = [] } = {}] of Object.entries(parsed.data.sessions.roles)) {
    const unknown = scopes.find((scope) => presets[scope] === undefined && !routes.some((route) => route.scope === scope))
    if (unknown !== undefined)
      throw new Trouble(
        `${source} cannot be used:\n  sessions.roles.${role}: there is no scope or preset ${unknown}`,
        'Use scopes of gateway.routes, or presets of gateway.presets.',
      )
  }
  const changing = routes.find((route) => mayChange(route) && presets[presetReadOnly]?.includes(route.scope))
  if (changing) {
    refusePreset(
      presetReadOnly,
      `the scope ${changing.scope} also allows ${changing.method} ${changing.path}, which is not a read`,
      'Give that route a scope of its own, or leave this one out. A POST that only reads says so: `reads: true`.',
    )
  }
  return parsed.data
}

const environmentPort = (environment: NodeJS.ProcessEnv, name: string): number | undefined => {
  const text = environment[name]
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw new Trouble(`${name}=${text} is not a port.`, 'Give a number from 0 to 65535; 0 picks a free port.')
  return Number(text)
}

const environmentDatabase = (environment: NodeJS.ProcessEnv, name: string): string | undefined => {
  const text = environment[name]
  if (text === undefined || text === '') return undefined
  if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Trouble(`${name} is not a PostgreSQL address.`, 'It looks like postgres://user:password@host:5432/database.')
  }
  return text
}

const optionRoles = (text: string): ProcessRole[] => {
  const parsed = z.array(ProcessRole).safeParse(text.split(','))
  if (!parsed.success) throw new Trouble(`--roles ${text} is not a list of roles.`, `Name some of ${processRoles.join(',')}.`)
  return parsed.data
}

/** A process that is only a part of the whole shares the database with the others, and cannot know their addresses by its own. */
const requireShared = (config: Config): void => {
  if (processRoles.every((role) => config.roles.includes(role))) return
  const here = `This process is only for ${config.roles.join(', ')}`
  if (config.database_url === undefined)
    throw new Trouble(`${here}, and the embedded database belongs to one process.`, 'Give all of them one database: set DATABASE_URL.')
  if (config.console.public_url === undefined || config.gateway.public_url === undefined)
    throw new Trouble(
      `${here}, and cannot know where the others are.`,
      'Set console.public_url and gateway.public_url, the same for all of them.',
    )
}

/**
 * A page of the product can set cookies for the whole domain that it is on: so that domain is nobody else's, and reached by TLS. On
 * localhost browsers keep no such cookies.
 */
const requireOwnDomain = (config: Config): void => {
  const { browser_origin } = config.gateway
  if (browser_origin === undefined) return
  const hint = 'Give it a domain of its own, such as https://*.access-product.example.'
  const { protocol, hostname } = new URL(browser_origin.replace('*.', ''))
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost')
  if (protocol !== 'https:' && !isLocal)
    throw new Trouble(`gateway.browser_origin is ${browser_origin}: without TLS, views could be read in transit.`, hint)
  if (isLocal) return
  const domain = getDomain(hostname) ?? hostname
  const { upstream, upstreams, upstream_aliases } = config.gateway
  const others = [addressesOf(config).console_url, upstream, ...Object.values(upstreams), ...Object.values(upstream_aliases).flat()]
  for (const url of others) {
    const host = new URL(url).hostname
    if ((getDomain(host) ?? host) === domain)
      throw new Trouble(`gateway.browser_origin shares the domain ${domain} with ${url}: pages shown there could set cookies for it.`, hint)
  }
}

/** Whether a host to listen on is loopback: what the local sign-in needs. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/** What may carry secrets: TLS, or an address of this host. */
export const isSafeAddress = (address: string): boolean => {
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')))
}

/** The configuration of the example product, where there is none of your own. */
export const exampleFile = fileURLToPath(new URL('../../examples/acme/countersign.config.yaml', import.meta.url))

/** Reads the configuration: `file`, or `countersign.config.yaml` here, or the example's; then the environment. */
export const loadConfig = (options: {
  file?: string
  /** In place of the file's, as given at the command line. */
  roles?: string
  defaultDataDir: () => string
  environment: NodeJS.ProcessEnv
}): Config => {
  const { environment } = options
  const own = options.file ?? 'countersign.config.yaml'
  if (options.file !== undefined && !existsSync(options.file))
    throw new Trouble(`There is no ${options.file}.`, 'Check the path given with --config.')
  const example = options.file === undefined && !existsSync(own)
  const source = example ? exampleFile : own
  const file = parseConfig(readFileSync(source, 'utf8'), source)
  file.console.port = environmentPort(environment, 'COUNTERSIGN_PORT') ?? file.console.port
  file.gateway.port = environmentPort(environment, 'COUNTERSIGN_GATEWAY_PORT') ?? file.gateway.port
  const publicHost = new URL(file.console.public_url ?? 'http://localhost').hostname
  const exposed = [file.console.host, publicHost].find((host) => !isLoopback(host))
  if (file.identity === undefined && exposed !== undefined) {
    throw new Trouble(
      `The console is reachable as ${exposed}, and no identity provider is configured.`,
      'The local sign-in runs on loopback only: set `identity.issuer`, or listen on 127.0.0.1.',
    )
  }
  for (const [name, url] of [
    ['console.public_url', file.console.public_url],
    ['gateway.public_url', file.gateway.public_url],
  ] as const) {
    if (url !== undefined && !isSafeAddress(url)) {
      throw new Trouble(
        `${name} is ${url}: without TLS, sessions could be read in transit.`,
        'Use an https address (TLS ends at your load balancer), or loopback.',
      )
    }
  }
  const connectorUrl = file.directory.connector.url
  if (!isSafeAddress(connectorUrl)) {
    throw new Trouble(
      `directory.connector.url is ${connectorUrl}: without TLS, anybody on the network path could read people's data and answer in the product's place.`,
      'Use its https address, or loopback (a sidecar or tunnel that does TLS).',
    )
  }
  const prometheus = file.health.prometheus?.url
  if (prometheus !== undefined && !isSafeAddress(prometheus)) {
    throw new Trouble(
      `health.prometheus.url is ${prometheus}: without TLS, anybody on the network path could fake your tenants' health.`,
      'Use its https address, or loopback (a sidecar or tunnel that does TLS).',
    )
  }
  if (options.roles !== undefined) file.roles = optionRoles(options.roles)
  const config: Config = {
    ...file,
    source,
    example,
    example_port: environmentPort(environment, 'COUNTERSIGN_EXAMPLE_PORT') ?? 4002,
    data_dir: environment.COUNTERSIGN_DATA_DIR || options.defaultDataDir(),
    database_url: environmentDatabase(environment, 'DATABASE_URL'),
    database_app_url: environmentDatabase(environment, 'DATABASE_APP_URL'),
    database_eraser_url: environmentDatabase(environment, 'DATABASE_ERASER_URL'),
  }
  requireShared(config)
  requireOwnDomain(config)
  return config
}

export type Addresses = {
  console_url: string
  gateway_url: string
  /** Where the product is shown in browsers, with `*` for the label; undefined where it is not. */
  browser_origin: string | undefined
}

/** Both doors are reached at this host alone. */
const isOnLoopback = ({ console: door, gateway }: Config): boolean =>
  door.public_url === undefined && gateway.public_url === undefined && isLoopback(door.host) && isLoopback(gateway.host)

/** Addresses as browsers and callers use them. */
export const addressesOf = (config: Config): Addresses => ({
  console_url: config.console.public_url ?? `http://localhost:${config.console.port}`,
  gateway_url: config.gateway.public_url ?? `http://localhost:${config.gateway.port}`,
  browser_origin: config.gateway.browser_origin ?? (isOnLoopback(config) ? `http://*.localhost:${config.gateway.port}` : undefined),
})
