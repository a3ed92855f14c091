import { constants, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Config } from '../../server/src/config.ts'
import { openIssuer } from '../../server/src/identity/issuer/open.ts'
import { newVisitor } from '../support/browser.ts'
import { encode, type TestIssuer } from '../support/issuer.ts'
import { type IssuerDoor, reachCallback, startIssuerDoor } from '../support/sign-in-door.ts'

type Claims = Record<string, unknown>
type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'
type Failure = {
  name: string
  /** What comes back with the browser in place of a code. */
  callback?: Record<string, string>
  /** What the token endpoint answers. */
  token?: [status: number, body: Claims]
  claims?: Claims
  userinfo?: Claims
  code: ErrorCode
  /** What the administrator reads in the program's log. */
  log: RegExp
}
type Provider = {
  name: string
  identity?: Partial<NonNullable<Config['identity']>>
  describe?: (document: Claims, url: string) => Claims
  algorithm?: Algorithm
  /** The ID token, whole but for iss, aud, iat, exp and nonce, which may be replaced. */
  claims: (now: number, issuer: TestIssuer) => Claims
  userinfo?: Claims
  callback?: (parameters: URLSearchParams) => void
  person: { email: string; name: string; roles: Role[] }
  failures: Failure[]
}

const guid = '6f1f0c4e-2d5e-4a5f-9d0c-3a1f3f0b9a11'
const azureError = (code: string, text: string) => `${code}: ${text} Trace ID: ${guid} Timestamp: 2026-01-01 00:00:00Z`

const providers: Provider[] = [
  {
    name: 'Keycloak',
    identity: { roles_claim: 'resource_access.support.console.roles' },
    algorithm: 'PS256',
    claims: (now, { client_id }) => ({
      auth_time: now - 5,
      jti: guid,
      typ: 'ID',
      azp: client_id,
      sid: guid,
      acr: '1',
      sub: guid,
      realm_access: { roles: ['offline_access', 'uma_authorization'] },
      // The client is called `support.console`.
      resource_access: { 'support.console': { roles: ['support_admin'] }, account: { roles: ['manage-account'] } },
      email_verified: true,
      preferred_username: 'rob',
      name: 'Rob Example',
      email: 'rob@vendor.example',
    }),
    callback: (parameters) => parameters.set('session_state', guid),
    person: { email: 'rob@vendor.example', name: 'Rob Example', roles: ['support_admin'] },
    failures: [
      {
        name: 'the person cancels',
        callback: { error: 'access_denied' },
        code: 'sign_in_canceled',
        log: /not assigned to this application/,
      },
      {
        name: 'the page of sign-in was open for too long',
        callback: { error: 'temporarily_unavailable', error_description: 'authentication_expired' },
        code: 'sign_in_stale',
        log: /took longer at the provider/,
      },
      {
        name: 'the roles are in the access token only',
        claims: { resource_access: undefined },
        code: 'no_role',
        log: /The claim resource_access\.support\.console\.roles is neither in the ID token nor in userinfo, which have: acr, aud, /,
      },
      {
        name: 'the secret is wrong',
        token: [401, { error: 'unauthorized_client', error_description: 'Invalid client or Invalid client credentials' }],
        code: 'sign_in_misconfigured',
        log: /unauthorized_client: Invalid client or Invalid client credentials/,
      },
      {
        name: 'PKCE is refused',
        token: [400, { error: 'invalid_grant', error_description: 'PKCE verification failed: Code mismatch' }],
        code: 'sign_in_refused',
        log: /PKCE verification failed: Code mismatch.*belongs to another redirect address, client or PKCE verifier/,
      },
    ],
  },
  {
    name: 'Entra ID',
    identity: { roles_claim: 'groups', role_map: { [guid]: 'support_admin' } },
    // Dated five minutes back, of 65 minutes; no email_verified; keys without alg.
    claims: (now) => ({
      iat: now - 300,
      nbf: now - 300,
      exp: now + 3600,
      aio: 'x',
      groups: [guid, '00000000-0000-0000-0000-000000000000'],
      name: 'Rob Example',
      oid: guid,
      preferred_username: 'rob@vendor.example',
      rh: '0.x',
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      tid: guid,
      uti: 'x',
      ver: '2.0',
    }),
    callback: (parameters) => {
      parameters.delete('iss')
      parameters.set('session_state', guid)
    },
    describe: ({ authorization_response_iss_parameter_supported: _, code_challenge_methods_supported: __, ...document }) => document,
    person: { email: 'rob@vendor.example', name: 'Rob Example', roles: ['support_admin'] },
    failures: [
      {
        name: 'the person is in more than 200 groups',
        claims: { groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example/x' } } },
        code: 'roles_not_sent',
        log: /more groups than the provider puts into a token.*application roles/,
      },
      { name: 'the same in the short form', claims: { groups: undefined, hasgroups: true }, code: 'roles_not_sent', log: /more groups/ },
      {
        name: 'the person is not assigned',
        callback: { error: 'access_denied', error_description: azureError('AADSTS50105', 'The signed in user is not assigned to a role.') },
        code: 'sign_in_canceled',
        log: /AADSTS50105: The signed in user is not assigned to a role/,
      },
      {
        name: 'the secret has expired',
        token: [
          401,
          { error: 'invalid_client', error_description: azureError('AADSTS7000222', 'The provided client secret keys are expired.') },
        ],
        code: 'sign_in_misconfigured',
        log: /AADSTS7000222.*identity\.client_secret_env: wrong, expired, the id of the secret/,
      },
      {
        name: 'the redirect address is registered for a single-page application',
        token: [
          400,
          { error: 'invalid_request', error_description: azureError('AADSTS9002327', 'Tokens issued for the Single-Page Application') },
        ],
        code: 'sign_in_misconfigured',
        log: /AADSTS9002327.*one for the authorization code flow with PKCE/,
      },
    ],
  },
  {
    name: 'Okta',
    identity: { roles_claim: 'groups', scope: 'openid email profile groups', role_map: { 'Support Leads': 'super_admin' } },
    // The thin ID token of the code flow: the rest is at userinfo.
    claims: (now, { client_id }) => ({
      ver: 1,
      jti: 'ID.x',
      amr: ['pwd', 'mfa', 'otp'],
      idp: '00o1',
      sub: '00u1abcd',
      auth_time: now - 3,
      at_hash: undefined,
      azp: client_id,
    }),
    userinfo: {
      sub: '00u1abcd',
      name: 'Rob Example',
      email: 'rob@vendor.example',
      email_verified: true,
      preferred_username: 'rob@vendor.example',
      groups: ['Everyone', 'Support Leads'],
    },
    person: { email: 'rob@vendor.example', name: 'Rob Example', roles: ['super_admin'] },
    failures: [
      {
        name: 'the scope `groups` is not asked for',
        userinfo: { sub: '00u1abcd', email: 'rob@vendor.example' },
        code: 'no_role',
        log: /The claim groups is neither in the ID token nor in userinfo/,
      },
      {
        name: 'userinfo speaks of somebody else',
        userinfo: { sub: '00u9', groups: ['Support Leads'] },
        code: 'sign_in_refused',
        log: /sub/,
      },
      {
        name: 'the scope is unknown there',
        callback: { error: 'invalid_scope', error_description: 'One or more scopes are not configured for the authorization server.' },
        code: 'sign_in_misconfigured',
        log: /One or more scopes.*Compare identity\.scope/,
      },
      {
        name: 'a policy of access refuses',
        callback: { error: 'access_denied', error_description: 'Policy evaluation failed for this request' },
        code: 'sign_in_canceled',
        log: /Policy evaluation failed/,
      },
    ],
  },
  {
    name: 'Google',
    identity: { roles_claim: 'sub', role_map: { '110169484474386276334': 'auditor' } },
    claims: (_now, { client_id }) => ({
      azp: client_id,
      sub: '110169484474386276334',
      hd: 'vendor.example',
      email: 'rob@vendor.example',
      email_verified: true,
      at_hash: undefined,
      name: 'Rob Example',
      given_name: 'Rob',
    }),
    callback: (parameters) => {
      parameters.set('scope', 'email profile openid')
      parameters.set('authuser', '0')
      parameters.set('hd', 'vendor.example')
      parameters.set('prompt', 'none')
    },
    person: { email: 'rob@vendor.example', name: 'Rob Example', roles: ['auditor'] },
    failures: [
      {
        name: 'somebody outside of the map',
        claims: { sub: '1' },
        code: 'no_role',
        log: /The claim sub has no value that identity\.role_map/,
      },
      {
        name: 'the issuer without its scheme, as of old',
        claims: { iss: 'accounts.google.com' },
        code: 'sign_in_refused',
        log: /names another issuer than identity\.issuer/,
      },
      {
        name: 'an error of the token endpoint',
        token: [400, { error: 'redirect_uri_mismatch', error_description: 'Bad Request' }],
        code: 'identity_provider_unavailable',
        log: /redirect_uri_mismatch/,
      },
    ],
  },
  {
    name: 'Auth0',
    identity: { roles_claim: 'https://vendor.example/roles', client_authentication: 'client_secret_basic' },
    // The issuer ends with a slash, the configuration may leave it out; ID tokens may live for 30 days.
    describe: (document, url) => ({ ...document, issuer: `${url}/`, token_endpoint_auth_methods_supported: ['client_secret_post'] }),
    claims: (now, { url }) => ({
      iss: `${url}/`,
      'https://vendor.example/roles': ['support_admin', 'auditor'],
      nickname: 'rob',
      name: 'rob@vendor.example',
      picture: 'https://s.gravatar.example/x.png',
      updated_at: '2026-01-01T00:00:00.000Z',
      email: 'rob@vendor.example',
      email_verified: false,
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      sid: 'x',
      exp: now + 2_592_000 - 60,
    }),
    callback: (parameters) => parameters.set('iss', `${parameters.get('iss')}/`),
    person: { email: 'auth0|5f7c8ec7c33c6c004bbafe82', name: 'rob@vendor.example', roles: ['support_admin', 'auditor'] },
    failures: [
      {
        name: 'an Action denies',
        callback: { error: 'access_denied', error_description: 'Only during working hours.' },
        code: 'sign_in_canceled',
        log: /Only during working hours/,
      },
      {
        name: 'the client is of another type',
        callback: { error: 'unauthorized_client', error_description: "Grant type 'authorization_code' not allowed for the client." },
        code: 'sign_in_misconfigured',
        log: /Grant type 'authorization_code' not allowed/,
      },
    ],
  },
  {
    name: 'ZITADEL',
    identity: { roles_claim: 'urn:zitadel:iam:org:project:roles' },
    algorithm: 'EdDSA',
    claims: (now, { client_id }) => ({
      aud: [client_id, '172053356214059009', '171995216042434561'],
      azp: client_id,
      auth_time: now - 9.25,
      iat: now - 0.5,
      exp: now + 43_199.5,
      amr: ['pwd', 'otp', 'mfa'],
      client_id,
      sub: '170848145649959169',
      'urn:zitadel:iam:org:project:roles': {
        support_admin: { '170086305300840449': 'vendor.zitadel.example' },
        auditor: { '170086305300840449': 'vendor.zitadel.example' },
        super_admin: null,
      },
    }),
    userinfo: { sub: '170848145649959169', email: 'rob@vendor.example', email_verified: 'true', name: 'Rob Example' },
    person: { email: 'rob@vendor.example', name: 'Rob Example', roles: ['support_admin', 'auditor'] },
    failures: [
      {
        name: 'roles are not asserted',
        claims: { 'urn:zitadel:iam:org:project:roles': undefined },
        code: 'no_role',
        log: /The claim urn:zitadel:iam:org:project:roles is neither/,
      },
      { name: 'it fails itself', callback: { error: 'server_error' }, code: 'identity_provider_unavailable', log: /look at its status/ },
    ],
  },
  {
    name: 'Authentik',
    identity: { roles_claim: 'groups', role_map: { 'countersign admins': 'support_admin' } },
    algorithm: 'ES256',
    claims: (now) => ({
      sub: 'b0c5f4a1e8',
      auth_time: now - 2,
      acr: 'goauthentik.io/providers/oauth2/default',
      amr: ['pwd'],
      email: 'rob@vendor.example',
      // Its mapping says so of everybody unless it is changed; as text by a mapping of one's own.
      email_verified: 'False',
      name: 'Rob Example',
      preferred_username: 'rob',
      groups: ['countersign admins', 'authentik Admins'],
    }),
    person: { email: 'b0c5f4a1e8', name: 'Rob Example', roles: ['support_admin'] },
    failures: [
      {
        name: 'the scope is refused',
        callback: { error: 'invalid_scope', error_description: 'The requested scope is invalid, unknown, or malformed' },
        code: 'sign_in_misconfigured',
        log: /Compare identity\.scope/,
      },
      {
        name: 'an error nobody has heard of',
        callback: { error: 'x_new', error_description: 'a\u0000b\u202ec' },
        code: 'sign_in_refused',
        log: /answered x_new: a b c\. Look the error up/,
      },
    ],
  },
]

const pairs: Record<Algorithm, KeyObject> = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  EdDSA: generateKeyPairSync('ed25519').privateKey,
}
const signature = (alg: Algorithm, data: Buffer): Buffer => {
  const key = pairs[alg]
  if (alg === 'EdDSA') return sign(null, data, key)
  if (alg === 'ES256') return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
  return sign('sha256', data, alg === 'PS256' ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : key)
}
const tokenBy = (alg: Algorithm, claims: Claims): string => {
  const data = `${encode({ alg, typ: 'JWT', kid: alg })}.${encode(claims)}`
  return `${data}.${signature(alg, Buffer.from(data)).toString('base64url')}`
}
/** As Entra ID publishes them: no alg. As Keycloak does: a key for encryption among them. */
const jwks = {
  keys: [
    { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }), use: 'enc', alg: 'RSA-OAEP', kid: 'e' },
    ...Object.entries(pairs).map(([kid, key]) => {
      const { d, p, q, dp, dq, qi, ...open } = key.export({ format: 'jwk' })
      return { ...open, kid, use: 'sig' }
    }),
  ],
}

const json = (issuer: TestIssuer, path: string, body: unknown, status = 200): void => {
  issuer.instead.set(path, (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
}

describe.each(providers)('$name', (provider) => {
  let door: IssuerDoor
  beforeAll(async () => {
    door = await startIssuerDoor({ identity: provider.identity })
  })
  afterAll(() => door?.close())

  /** The provider as it is, but for one failure. */
  const behave = (failure: Partial<Failure> = {}): void => {
    const { issuer } = door
    issuer.instead.clear()
    json(issuer, '/jwks', jwks)
    const userinfo = failure.userinfo ?? provider.userinfo
    if (userinfo !== undefined) json(issuer, '/userinfo', userinfo)
    if (failure.token !== undefined) json(issuer, '/token', failure.token[1], failure.token[0])
    issuer.describe = (document) => {
      const whole = { ...document, ...(provider.userinfo ? { userinfo_endpoint: `${issuer.url}/userinfo` } : {}) }
      return provider.describe?.(whole, issuer.url) ?? whole
    }
    issuer.token = ({ claims: { iss, aud, iat, exp, nonce } }) => {
      const own = provider.claims(Math.floor(Date.now() / 1000), issuer)
      return tokenBy(provider.algorithm ?? 'RS256', { iss, aud, iat, exp, nonce, ...own, ...failure.claims })
    }
    issuer.answer = (parameters) => {
      provider.callback?.(parameters)
      if (failure.callback === undefined) return
      parameters.delete('code')
      for (const [name, value] of Object.entries(failure.callback)) parameters.set(name, value)
    }
  }

  it('X5 lets a person in with what it sends', async () => {
    behave()
    const rob = newVisitor(door.url)
    expect((await rob.get((await reachCallback(rob)).href)).status).toBe(303)
    const me = (await (await rob.get('/api/me')).json()) as { staff: unknown }
    expect(me.staff).toMatchObject(provider.person)
  })

  it.each(provider.failures)('X5 names the cause where $name', async (failure) => {
    behave(failure)
    const rob = newVisitor(door.url)
    const callback = await reachCallback(rob, '/auth/sign-in?return_to=/tenants')
    door.logged.length = 0
    const answer = await rob.get(callback.href, { accept: 'text/html' })
    const page = new URL(answer.headers.get('location') ?? '', door.url)
    expect([answer.status, page.pathname, page.searchParams.get('refused')]).toEqual([303, '/sign-in', failure.code])
    expect(door.logged.join('')).toMatch(failure.log)
    if (failure.code !== 'no_role') expect(page.searchParams.get('return_to')).toBe('/tenants')
    expect((await rob.get('/api/me')).status).toBe(401)
  })
})

describe('what is the same everywhere', () => {
  let door: IssuerDoor
  beforeAll(async () => {
    door = await startIssuerDoor()
  })
  afterAll(() => door?.close())

  it.each([
    ['false', false, 'u-1'],
    ['"false"', 'false', 'u-1'],
    ['"FALSE"', 'FALSE', 'u-1'],
    ['null', null, 'u-1'],
    ['0', 0, 'u-1'],
    ['"no"', 'no', 'u-1'],
    ['true', true, 'rob@vendor.example'],
    ['"true"', 'true', 'rob@vendor.example'],
    ['left out', undefined, 'rob@vendor.example'],
  ])('AN-10 shows an address where email_verified is %s as what it is', async (_name, email_verified, expected) => {
    door.issuer.person = { ...door.issuer.person, email_verified }
    const rob = newVisitor(door.url)
    await rob.get((await reachCallback(rob)).href)
    expect(((await (await rob.get('/api/me')).json()) as { staff: { email: string } }).staff.email).toBe(expected)
  })

  it('AN-13 takes no role from whose roles are unknown: too many groups are not none', async () => {
    const rob = newVisitor(door.url)
    await rob.get((await reachCallback(rob)).href)
    door.issuer.token = ({ claims: { roles: _, ...claims }, ...parts }) => ({
      ...parts,
      claims: { ...claims, _claim_names: { roles: 'src1' } },
    })
    const again = newVisitor(door.url)
    const refused = await again.get((await reachCallback(again)).href)
    expect(((await refused.json()) as { code: string }).code).toBe('roles_not_sent')
    door.issuer.token = (parts) => parts
    expect((await rob.get('/api/me')).status).toBe(200)
  })

  it('AN-9 takes tokens of a new key a minute after the provider changed its keys', async () => {
    const first = newVisitor(door.url)
    expect((await first.get((await reachCallback(first)).href)).status).toBe(303)
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    json(door.issuer, '/jwks', { keys: [{ ...createPublicKey(key).export({ format: 'jwk' }), kid: 'k2', use: 'sig' }] })
    door.issuer.token = ({ claims, header }) => ({ claims, header: { ...header, kid: 'k2' }, key })
    // The other clock begins at zero, and this process has run for a while.
    const ranMs = performance.now()
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() - ranMs })
    try {
      vi.advanceTimersByTime(ranMs + 61_000)
      const second = newVisitor(door.url)
      expect((await second.get((await reachCallback(second)).href)).status).toBe(303)
    } finally {
      vi.useRealTimers()
      door.issuer.instead.delete('/jwks')
      door.issuer.token = (parts) => parts
    }
  })

  it('AN-2 answers an error that came without a state with its cause', async () => {
    door.logged.length = 0
    const answer = await newVisitor(door.url).get('/auth/callback?error=access_denied&error_description=Not+today', { accept: 'text/html' })
    expect(answer.headers.get('location')).toMatch(/refused=sign_in_canceled/)
    expect(door.logged.join('')).toMatch(/Not today/)
  })

  it.each([
    ['/application/o/console', '/application/o/console/'],
    ['/organizations/v2.0', '/{tenantid}/v2.0'],
    ['/tenant', '/tenant/v2.0'],
  ])('AN-4 names the difference where identity.issuer is %s and the provider calls itself %s', async (configured, itself) => {
    const { issuer } = door
    json(issuer, `${configured}/.well-known/openid-configuration`, {
      issuer: `${issuer.url}${itself}`,
      authorization_endpoint: `${issuer.url}/authorize`,
      token_endpoint: `${issuer.url}/token`,
      jwks_uri: `${issuer.url}/jwks`,
    })
    const { url } = issuer
    await expect(openIssuer({ issuer: url + configured, client_id: 'x', scope: 'openid' }).configuration()).rejects.toThrow(
      `it calls itself ${url}${itself}, and identity.issuer is ${url}${configured}: write there what it calls itself`,
    )
  })
})
