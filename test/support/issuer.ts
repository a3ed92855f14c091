import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Claims = Record<string, unknown>
type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** What a token is made of. A test swaps parts of it. */
export type TokenParts = { header: Record<string, unknown>; claims: Claims; key: KeyObject }

export type TestIssuer = {
  url: string
  client_id: string
  client_secret: string
  /** Every request, as it came. */
  requests: { method: string; path: string; query: URLSearchParams; body: URLSearchParams }[]
  /** Who signs in next. */
  person: Claims & { sub: string }
  key: KeyObject
  /** Lies, by the path of the endpoint: an answer in place of the honest one. */
  instead: Map<string, Handler>
  /** Waited for before an endpoint answers. */
  pause: (path: string) => Promise<void>
  /** Changes the discovery document. */
  describe: (document: Claims) => Claims
  /** Changes what goes into the ID token, or makes the token itself. */
  token: (parts: TokenParts) => TokenParts | string
  /** Changes the parameters that the browser carries back. */
  answer: (parameters: URLSearchParams) => void
  /** Why the token endpoint refused last. */
  refused: string | undefined
  close(): Promise<void>
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** Signs exactly these bytes with RS256, whatever they say. */
export const signParts = (header: string, payload: string, key: KeyObject): string =>
  `${header}.${payload}.${sign('sha256', Buffer.from(`${header}.${payload}`), key).toString('base64url')}`

const readForm = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** An OpenID provider over real HTTP: strict and honest, unless a test tells it not to be. */
export const startIssuer = async (): Promise<TestIssuer> => {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const codes = new Map<string, { challenge: string; nonce: string; redirect_uri: string; used: boolean }>()

  const redeem = (request: IncomingMessage, form: URLSearchParams): { nonce: string } | string => {
    const credentials = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
    if (credentials !== `${issuer.client_id}:${issuer.client_secret}`) return 'invalid_client'
    const code = codes.get(form.get('code') ?? '')
    if (!code || code.used) return 'invalid_grant'
    code.used = true
    const verifier = form.get('code_verifier') ?? ''
    if (createHash('sha256').update(verifier).digest('base64url') !== code.challenge) return 'invalid_grant'
    return form.get('redirect_uri') === code.redirect_uri ? { nonce: code.nonce } : 'invalid_grant'
  }

  const honest = async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
    form: URLSearchParams,
  ): Promise<void> => {
    const { url } = issuer
    if (path === '/.well-known/openid-configuration') {
      return json(
        response,
        200,
        issuer.describe({
          issuer: url,
          authorization_endpoint: `${url}/authorize`,
          token_endpoint: `${url}/token`,
          jwks_uri: `${url}/jwks`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256', 'ES256', 'PS256', 'EdDSA', 'HS256', 'none'],
          code_challenge_methods_supported: ['S256'],
          authorization_response_iss_parameter_supported: true,
        }),
      )
    }
    if (path === '/jwks') {
      return json(response, 200, {
        keys: [{ ...createPublicKey(issuer.key).export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }],
      })
    }
    if (path === '/authorize') {
      const challenge = query.get('code_challenge') ?? ''
      if (query.get('code_challenge_method') !== 'S256' || challenge === '') return json(response, 400, { error: 'invalid_request' })
      const code = randomBytes(16).toString('base64url')
      const redirect_uri = query.get('redirect_uri') ?? ''
      codes.set(code, { challenge, nonce: query.get('nonce') ?? '', redirect_uri, used: false })
      const back = new URL(redirect_uri)
      back.search = new URLSearchParams({ code, state: query.get('state') ?? '', iss: url }).toString()
      issuer.answer(back.searchParams)
      return void response.writeHead(303, { location: back.href }).end()
    }
    if (path === '/token') {
      const redeemed = redeem(request, form)
      if (typeof redeemed === 'string') {
        issuer.refused = redeemed
        return json(response, 400, { error: redeemed })
      }
      const now = Math.floor(Date.now() / 1000)
      const parts = issuer.token({
        header: { alg: 'RS256', typ: 'JWT', kid: 'k1' },
        claims: { iss: url, aud: issuer.client_id, iat: now, exp: now + 300, nonce: redeemed.nonce, ...issuer.person },
        key: issuer.key,
      })
      const id_token = typeof parts === 'string' ? parts : signParts(encode(parts.header), encode(parts.claims), parts.key)
      return json(response, 200, { access_token: 'unused', token_type: 'Bearer', expires_in: 60, id_token })
    }
    json(response, 404, { error: 'not_found' })
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://issuer')
    const form = request.method === 'POST' ? await readForm(request) : new URLSearchParams()
    issuer.requests.push({ method: request.method ?? '', path: pathname, query: searchParams, body: form })
    await issuer.pause(pathname)
    const lie = issuer.instead.get(pathname)
    if (lie) lie(request, response)
    else await honest(request, response, pathname, searchParams, form)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    client_id: 'console',
    client_secret: randomBytes(16).toString('hex'),
    requests: [],
    person: { sub: 'u-1', email: 'rob@vendor.example', email_verified: true, name: 'Rob Example', roles: ['support_admin'] },
    key,
    instead: new Map(),
    pause: async () => {},
    describe: (document) => document,
    token: (parts) => parts,
    answer: () => {},
    refused: undefined,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return issuer
}
