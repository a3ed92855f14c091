import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ways } from '../../console/src/pages/tenants/ways.ts'
import { loadConfig, parseConfig } from '../../server/src/config.ts'
import { Trouble } from '../../server/src/errors.ts'

const minimal = `
gateway:
  upstream: http://127.0.0.1:4002
  upstream_audience: api
  routes: [{ method: GET, path: /v1/reports, scope: 'reports:read' }]
  presets: { read_only: ['reports:read'] }
directory:
  connector: { url: http://127.0.0.1:4002/connector, audience: connector }
`
const folder = mkdtempSync(join(tmpdir(), 'countersign-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const load = (text: string, environment: NodeJS.ProcessEnv = {}) => {
  const file = join(folder, 'countersign.config.yaml')
  writeFileSync(file, text)
  return loadConfig({ file, defaultDataDir: () => '/data', environment })
}

const troubleOf = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    if (error instanceof Trouble) return `${error.message} | ${error.hint}`
    throw error
  }
  return 'no trouble'
}

describe('the configuration', () => {
  it.each([
    ['actions: { suspend_acount: { off: true } }', 'actions.suspend_acount: unknown key; did you mean `suspend_account`?'],
    ['actions: { suspend_account: { requirs: [reason] } }', 'actions.suspend_account.requirs: unknown key; did you mean `requires`?'],
    ['actions: { reset_totp: { requires: [reason, tickett] } }', /actions.reset_totp.requires.1: .*; did you mean `ticket`\?/],
    ['actions: { reset_totp: { risk: medium } }', /actions.reset_totp.risk: must be one of low, med, high; did you mean `med`\?/],
    ['actions: { reset_totp: { roles: [auditor] } }', /actions.reset_totp.roles.0: must be one of support_admin, super_admin \|/],
    [
      'actions: { reset_totp: { approvers: [support_admin] } }',
      /actions.reset_totp.approvers.0: must be one of support_manager, super_admin/,
    ],
    ['actions: { reset_totp: { requires: [approval] } }', 'actions.reset_totp.requires: an approver signs the reason too'],
    ['actions: { impersonate: { requires: [] } }', 'actions.impersonate.requires: a support session always has a reason'],
    ['actions: { reset_totp: { requires: [reason, reason] } }', 'actions.reset_totp.requires: names a gate twice'],
    ['actions: { reset_totp: { approvals: 0 } }', /actions.reset_totp.approvals: /],
    ['policy: { preset: strickt }', /policy.preset: .*; did you mean `strict`\?/],
    ['approvals: { signature: pass_key }', /approvals.signature: .*; did you mean `passkey`\?/],
  ])('A3–A5 refuses %s, and names the nearest known word', (text, sentence) => {
    const trouble = troubleOf(() => load(minimal + text))
    if (typeof sentence === 'string') expect(trouble).toContain(sentence)
    else expect(trouble).toMatch(sentence)
  })

  it('fills in what is left out', () => {
    expect(load(minimal)).toMatchObject({
      console: { host: '127.0.0.1', port: 4000 },
      gateway: { port: 4001, sinks: [] },
      data_dir: '/data',
      example: false,
    })
  })

  it('takes ports, folder and database from the environment', () => {
    expect(
      load(minimal, {
        COUNTERSIGN_PORT: '0',
        COUNTERSIGN_GATEWAY_PORT: '5001',
        COUNTERSIGN_EXAMPLE_PORT: '5002',
        COUNTERSIGN_DATA_DIR: '/elsewhere',
        DATABASE_URL: 'postgres://u:p@h/d',
      }),
    ).toMatchObject({
      console: { port: 0 },
      gateway: { port: 5001 },
      example_port: 5002,
      data_dir: '/elsewhere',
      database_url: 'postgres://u:p@h/d',
    })
  })

  it.each([
    [
      'an unknown key, naming the nearest',
      minimal.replace('upstream:', 'upsteam:'),
      /gateway\.upsteam: unknown key; did you mean `upstream`\?/,
    ],
    ['an unknown key in a list', minimal.replace('scope:', 'scop:'), /gateway\.routes\.0\.scop: unknown key; did you mean `scope`\?/],
    ['an unknown key at the top', `${minimal}\ngatway: {}`, /gatway: unknown key; did you mean `gateway`\?/],
    ['an address that is none', minimal.replace('http://127.0.0.1:4002\n', 'nonsense\n'), /gateway\.upstream: /],
    ['an address with a password', minimal.replace('http://127.0.0.1:4002\n', 'http://u:p@127.0.0.1:4002\n'), /gateway\.upstream: /],
    [
      'an upstream with a path that needs escapes',
      minimal.replace('http://127.0.0.1:4002\n', 'http://127.0.0.1:4002/a%2Fb\n'),
      /gateway\.upstream: must have a path of plain segments, or none/,
    ],
    ['a GET that says it reads', minimal.replace("'reports:read' }", "'reports:read', reads: true }"), /routes\.0\.reads: is for POST/],
    [
      'a GET that takes forms',
      minimal.replace("'reports:read' }", "'reports:read', forms: true }"),
      /routes\.0\.forms: is for methods with a body/,
    ],
    [
      'a credential among the headers that are forwarded',
      minimal.replace('  routes:', '  forward_headers: [Authorization]\n  routes:'),
      /forward_headers\.0: authorization could carry a credential/,
    ],
    [
      'a cookie among the headers that are passed',
      minimal.replace('  routes:', '  pass_headers: [ratelimit, set-cookie]\n  routes:'),
      /pass_headers\.1: set-cookie could carry a credential/,
    ],
    ['an upstream named default', minimal.replace('  routes:', '  upstreams: { default: http://x.example }\n  routes:'), /is the name of/],
    [
      'an upstream whose name is no part of a host name',
      minimal.replace('  routes:', '  upstreams: { my_app: http://x.example }\n  routes:'),
      /gateway\.upstreams\.my_app: must be a name of/,
    ],
    [
      'a route of an upstream that is not declared',
      minimal
        .replace("'reports:read' }", "'reports:read', upstream: ap }")
        .replace('  routes:', '  upstreams: { app: http://x.example }\n  routes:'),
      /gateway\.routes\.0\.upstream: there is no upstream ap; did you mean `app`\?/,
    ],
    [
      'an address that stands for two upstreams',
      minimal.replace(
        '  routes:',
        '  upstreams: { app: http://x.example }\n  upstream_aliases: { default: [http://X.example/] }\n  routes:',
      ),
      /http:\/\/x\.example stands for two upstreams/,
    ],
    ['another protocol', minimal.replace('http://127.0.0.1:4002/connector', 'file:///etc/passwd'), /directory\.connector\.url: /],
    [
      'a scope of another form',
      minimal.replaceAll('reports:read', 'reports:read-all'),
      /routes\.0\.scope: must be noun:verb, as invoices:read, in lower-case letters, digits and _/,
    ],
    [
      'a path that is not ASCII',
      minimal.replace('/v1/reports', '/v1/übersicht'),
      /routes\.0\.path: `übersicht` has a character that is escaped in an address: write such a segment as `:name`/,
    ],
    ['a wildcard scope', minimal.replaceAll('reports:read', '*'), /gateway\.routes\.0\.scope: /],
    [
      'a preset with a scope that no route has',
      minimal.replace("['reports:read']", "['billing:read']"),
      /no route has the scope billing:read/,
    ],
    ['no preset read_only', minimal.replace('read_only:', 'reading:'), /gateway\.presets\.read_only: is missing/],
    [
      'a scope in read_only that also changes something',
      minimal.replace('routes: [', "routes: [{ method: POST, path: /v1/reports, scope: 'reports:read' }, "),
      /gateway\.presets\.read_only: the scope reports:read also allows POST \/v1\/reports, which is not a read/,
    ],
    [
      'a sink that would never match',
      minimal.replace('  presets:', '  sinks: [{ method: HEAD, path: /v1/logout }]\n  presets:'),
      /gateway\.sinks\.0\.method: must be GET, POST, PUT, PATCH or DELETE; a sink with GET keeps HEAD out too/,
    ],
    [
      'an acr value with a space, which would be two',
      `${minimal}\nidentity: { issuer: 'https://id.example', client_id: c, acr_values: ['a b'] }`,
      /identity\.acr_values\.0: /,
    ],
    ...(
      [
        ['/v1/admin/*', /sinks\.0\.path: `\*` looks like a wildcard: .*`:name`.*`\/\*\*`/],
        ['/v1/(a|b)', /sinks\.0\.path: `\(a\|b\)` looks like a wildcard/],
        ['/v1/{id}', /sinks\.0\.path: `\{id\}` looks like a wildcard/],
        ['/v1/[id]', /sinks\.0\.path: `\[id\]` looks like a wildcard/],
        ['/v1/<id>', /sinks\.0\.path: `<id>` looks like a wildcard/],
        ['/v1/users*', /sinks\.0\.path: `users\*` looks like a wildcard/],
        ['/v1/...', /sinks\.0\.path: `\.\.\.` looks like a wildcard/],
        ['/v1/%2A', /sinks\.0\.path: `%2A` looks like a wildcard/],
        ['/v1/:id(.+)', /sinks\.0\.path: `:id\(\.\+\)` looks like a wildcard/],
        ['/v1/**/users', /sinks\.0\.path: `\*\*` may stand at the end of a sink or of static files only/],
        ['/v1/:Id', /sinks\.0\.path: `:Id` is not a parameter: .*`:name:verb`/],
        ['/v1/:id/x/:id', /sinks\.0\.path: names a parameter twice/],
        ['v1', /sinks\.0\.path: must begin with \//],
      ] as const
    ).map(([path, named]): [string, string, RegExp] => [
      `a sink ${path}`,
      minimal.replace('  presets:', `  sinks: [{ method: GET, path: '${path}' }]\n  presets:`),
      named,
    ]),
    [
      'a route of everything below',
      minimal.replace('/v1/reports', '/v1/**'),
      /routes\.0\.path: `\*\*` may stand at the end of a sink or of static files only; name each route by its own path/,
    ],
    ['a path with dots', minimal.replace('/v1/reports', '/v1/../admin'), /gateway\.routes\.0\.path: /],
    [
      'a tenant parameter that is not in the path',
      minimal.replace("'reports:read' }", "'reports:read', tenant: ':tenant_id' }"),
      /must name a parameter of the path/,
    ],
    ...['to read reports', 'read\\nreports', 'x'].map((does): [string, string, RegExp] => [
      `a route that does ${JSON.stringify(does)}`,
      minimal.replace("'reports:read' }", `'reports:read', does: "${does}" }`),
      /gateway\.routes\.0\.does: /,
    ]),
    ['broken YAML', 'gateway: [', /is not valid YAML/],
    ['a YAML bomb', 'a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]', /is not valid YAML/],
    ['static files everywhere', minimal.replace('  presets:', "  assets: ['/**']\n  presets:"), /assets\.0\.path: would open every path/],
    [
      'an unknown key of static files',
      minimal.replace('  presets:', '  assets: [{ path: /assets/**, upsteam: x }]\n  presets:'),
      /assets\.0\.upsteam: unknown key/,
    ],
    ['a stream that is no GET', minimal.replace('{ method: GET', '{ stream: sse, method: POST'), /routes\.0\.stream: is asked for by GET/],
    [
      'a WebSocket in read_only that may change something',
      minimal.replace('{ method: GET', '{ stream: websocket, method: GET'),
      /read_only: the scope reports:read also allows GET \/v1\/reports, which is not a read/,
    ],
    ['nothing', '', /gateway: /],
  ])('refuses %s', (_what, text, expected) => {
    expect(troubleOf(() => load(text))).toMatch(expected)
  })

  it.each([
    ['COUNTERSIGN_PORT', 'http'],
    ['COUNTERSIGN_GATEWAY_PORT', '70000'],
    ['DATABASE_URL', 'mysql://h/d'],
  ])('refuses %s=%s', (name, value) => {
    expect(troubleOf(() => load(minimal, { [name]: value }))).toContain(name)
  })

  it('refuses the local sign-in anywhere but on loopback', () => {
    expect(troubleOf(() => load(`${minimal}\nconsole: { host: 0.0.0.0 }`))).toMatch(/no identity provider is configured/)
    expect(
      troubleOf(() =>
        load(`${minimal}\nidentity: { issuer: 'https://id.example', client_id: c }\nconsole: { public_url: http://console.example }`),
      ),
    ).toMatch(/without TLS/)
  })

  it('refuses a connector that is reached without TLS, but on loopback', () => {
    const at = (url: string) => load(minimal.replace('http://127.0.0.1:4002/connector', `"${url}"`))
    for (const url of ['http://product.internal/countersign', 'http://192.168.1.7:4002', 'http://localhost.example.com/']) {
      expect(troubleOf(() => at(url))).toMatch(/directory\.connector\.url is .* without TLS/)
    }
    for (const url of ['https://product.internal/countersign', 'http://localhost:4002/', 'http://[::1]:4002/']) {
      expect(at(url).directory.connector.url).toBe(url)
    }
  })

  it.each([
    ['http://*.view.example', /without TLS/],
    ['https://view.example', /must be like/],
    ['https://*.view.example/path', /must be like/],
    ['https://*.*.view.example', /must be like/],
    ['https://*.console.example', /shares the domain console\.example with https:\/\/support\.console\.example/],
    ['https://*.view.console.example', /shares the domain console\.example/],
    ['https://*.view.product.example', /shares the domain product\.example with https:\/\/app\.product\.example/],
    ['https://*.view.other.example', /shares the domain other\.example with https:\/\/api\.other\.example/],
    ['https://*.view.co.uk', 'no trouble'],
    ['https://*.access.example', 'no trouble'],
  ])('AN-11 shows the product on a domain of its own, by TLS: %s', (browserOrigin, expected) => {
    const more = [
      `browser_origin: '${browserOrigin}'`,
      "upstream_aliases: { default: ['https://app.product.example'], api: ['https://api.other.example'] }",
      "upstreams: { api: 'http://127.0.0.1:4003' }",
      "public_url: 'https://gateway.access.example'",
    ]
    const text = minimal.replace('gateway:', `gateway:\n  ${more.join('\n  ')}`)
    const rest = "console: { public_url: 'https://support.console.example' }\nidentity: { issuer: 'https://id.example', client_id: c }"
    expect(troubleOf(() => load(`${text}\n${rest}`))).toMatch(expected)
  })

  it('refuses a public address that is not loopback while the local sign-in is on', () => {
    expect(troubleOf(() => load(`${minimal}\nconsole: { public_url: 'https://console.example' }`))).toMatch(
      /no identity provider is configured/,
    )
  })

  it.each(['support.product.example/log', 'support.product.example:8443/log', 'localhost:4000/log', '[::1]:4000/log'])(
    'M2 takes the address %s as the name of the log',
    (origin) => {
      expect(parseConfig(`${minimal}log: { origin: '${origin}' }`, 'test').log.origin).toBe(origin)
    },
  )

  it.each(['https://support.product.example/log', 'a log', 'a+b', '', '/log', 'log\\n1'])(
    'M2 refuses %j as the name of the log',
    (origin) => {
      expect(troubleOf(() => parseConfig(`${minimal}log: { origin: "${origin}" }`, 'test'))).toContain('log.origin: ')
    },
  )

  it('the shipped example is valid', () => {
    const file = new URL('../../examples/acme/countersign.config.yaml', import.meta.url)
    expect(parseConfig(readFileSync(file, 'utf8'), 'example').gateway.routes.length).toBeGreaterThan(5)
  })
})

it('takes what the console proposes for Prometheus', () => {
  const { text = '' } = ways('http://localhost:4000').find(({ name }) => name === 'Prometheus') ?? {}
  expect(load(`${minimal}\n${text}`).health.prometheus).toMatchObject({ url: 'https://prometheus.example.com', minute_window: '2m' })
})

it('C44 takes a start page that is a path of the product', () => {
  const at = (page: string) => minimal.replace('  routes:', `  start_page: ${page}\n  routes:`)
  expect(load(at('/v1/reports?page[number]=1')).gateway.start_page).toBe('/v1/reports?page[number]=1')
  expect(troubleOf(() => load(at('https://product.example/')))).toMatch(/gateway\.start_page: is not a path of the product/)
})
