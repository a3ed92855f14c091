import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import type { FastifyBaseLogger } from 'fastify'
import type Provider from 'oidc-provider'
import { isLoopback } from '../../config.ts'
import { Trouble } from '../../errors.ts'
import type { IssuerSettings } from '../issuer/open.ts'
import { newMemory } from './memory.ts'
import { errorPage } from './pages.ts'
import { findPerson, type LocalPerson, localPeople } from './people.ts'

/** Where the local provider lives below the console's own address. */
export const localPath = '/local-oidc'

export type LocalProvider = {
  /** Made when somebody first signs in: it is a large part of the program, and most starts are not followed by a sign-in. */
  provider(): Promise<Provider>
  people: readonly LocalPerson[]
  client: IssuerSettings
}

type Making = { issuer: string; publicUrl: string; client_id: string; client_secret: string; log: FastifyBaseLogger }

const makeProvider = async ({ issuer, publicUrl, client_id, client_secret, log }: Making): Promise<Provider> => {
  const { default: Provider } = await import('oidc-provider')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const minutes = 60
  const provider = new Provider(issuer, {
    adapter: newMemory(),
    clients: [
      {
        client_id,
        client_secret,
        redirect_uris: [`${publicUrl}/auth/callback`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: randomBytes(8).toString('hex') } as never] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: { session: 'local_oidc_session', interaction: 'local_oidc_interaction', resume: 'local_oidc_resume' },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
      long: { httpOnly: true, sameSite: 'lax', signed: true, path: localPath },
    },
    pkce: { required: () => true },
    responseTypes: ['code'],
    scopes: ['openid', 'email', 'profile'],
    claims: { openid: ['sub', 'roles'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    clientBasedCORS: () => false,
    expiresWithSession: async () => false,
    features: { devInteractions: { enabled: false }, userinfo: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    ttl: {
      AccessToken: minutes,
      AuthorizationCode: minutes,
      IdToken: 5 * minutes,
      Grant: 10 * minutes,
      Interaction: 10 * minutes,
      Session: 10 * minutes,
    },
    interactions: { url: (_context, interaction) => `${localPath}/interaction/${interaction.uid}` },
    findAccount: (_context, login) => {
      const person = findPerson(login)
      if (person === undefined) return undefined
      const { name, email, roles } = person
      return { accountId: login, claims: () => ({ sub: login, name, email, email_verified: true, roles }) }
    },
    // There is one client, and it is us: nobody needs to be asked whether we may know who they are.
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc
      const grant = new context.oidc.provider.Grant({ clientId: client?.clientId, accountId: session?.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
    renderError: (context) => {
      context.type = 'html'
      context.body = errorPage(localPath)
    },
  })
  provider.on('server_error', (_context, err) => log.error({ err }, 'the local provider failed'))
  // What a browser breaks off. Without a listener it would be printed.
  ;(provider as EventEmitter).on('error', (err: unknown) => log.debug({ err }, 'the local provider was interrupted'))
  return provider
}

/**
 * A real OpenID provider for trying things out: code flow, PKCE, signed tokens; only the password is missing. So it refuses
 * to be where anybody but the people at this computer could reach it. Its keys and its memory last as long as the process.
 */
export const openLocalProvider = (options: { publicUrl: string; host: string; log: FastifyBaseLogger }): LocalProvider => {
  const { publicUrl, host, log } = options
  const { protocol, hostname } = new URL(publicUrl)
  if (!isLoopback(host) || !isLoopback(hostname) || protocol !== 'http:') {
    throw new Trouble(
      `The local sign-in has no passwords, and ${publicUrl} (listening on ${host}) is not plain loopback.`,
      'Set `identity.issuer` to your identity provider, or use http://localhost.',
    )
  }
  const issuer = `${publicUrl}${localPath}`
  const client_id = 'countersign'
  const client_secret = randomBytes(32).toString('base64url')
  let made: Promise<Provider> | undefined
  return {
    provider: () => {
      made ??= makeProvider({ issuer, publicUrl, client_id, client_secret, log })
      return made
    },
    people: localPeople,
    client: { issuer, client_id, client_secret, scope: 'openid email profile', headers: { origin: publicUrl } },
  }
}
