import * as client from 'openid-client'
import { isSafeAddress } from '../../config.ts'
import type { PeerState } from '../../outbound/breaker.ts'
import type { PeerLog } from '../../outbound/peer.ts'
import { remember } from '../../outbound/remember.ts'
import { newFetch, openProviderPeer } from './fetch.ts'
import { newKeysFetch } from './keys-fetch.ts'
import { ProviderTrouble, troubleIn } from './trouble.ts'

export type IssuerSettings = {
  issuer: string
  client_id: string
  client_secret?: string
  /** How the client says its secret; by default as discovery allows. */
  client_authentication?: 'client_secret_basic' | 'client_secret_post'
  scope: string
  /** Sent with each request to it; the local provider's door wants our origin. */
  headers?: Record<string, string>
  /** Longest wait for one answer. */
  milliseconds?: number
}

export type Issuer = {
  url: string
  client_id: string
  scope: string
  /** What discovery said, asked for when first needed and once an hour. */
  configuration(): Promise<client.Configuration>
  /** Asks it now, whatever it said before; throws where it does not answer as it should. */
  look(): Promise<void>
  /** Whether it has been answering lately. */
  state(): PeerState
}

const asAllowed: client.ClientAuth = (as, metadata, body, headers) =>
  (as.token_endpoint_auth_methods_supported ?? ['client_secret_basic']).includes('client_secret_basic')
    ? client.ClientSecretBasic()(as, metadata, body, headers)
    : client.ClientSecretPost()(as, metadata, body, headers)

const authenticationOf = ({ client_secret, client_authentication }: IssuerSettings): client.ClientAuth => {
  if (client_secret === undefined) return client.None()
  if (client_authentication === undefined) return asAllowed
  return client_authentication === 'client_secret_basic' ? client.ClientSecretBasic() : client.ClientSecretPost()
}

/** Who may sign in here is the issuer of the configuration, to the letter (OIDC Discovery 4.3); so the difference is named. */
const requireItself = async (response: Response, wanted: string): Promise<void> => {
  if (!response.ok) throw new ProviderTrouble(`its description was answered with ${response.status}: is identity.issuer ${wanted}?`)
  const { issuer } = (await response.clone().json()) as { issuer?: unknown }
  if (typeof issuer === 'string' && URL.canParse(issuer) && new URL(issuer).href === new URL(wanted).href) return
  throw new ProviderTrouble(
    `it calls itself ${String(issuer).slice(0, 300)}, and identity.issuer is ${wanted}: write there what it calls itself, slash for slash, with the id of your tenant where it says {tenantid}`,
  )
}

/** The identity provider. The program starts while it is down. */
export const openIssuer = (settings: IssuerSettings, log?: PeerLog): Issuer => {
  const url = new URL(settings.issuer)
  const allowLoopback = url.protocol === 'http:' && isSafeAddress(settings.issuer)
  const peer = openProviderPeer({ milliseconds: settings.milliseconds, log })
  const fetch = newFetch({ peer, allowLoopback, headers: settings.headers })
  const keysFetch = newKeysFetch(fetch)

  const discover = async (): Promise<client.Configuration> => {
    const configuration = await client
      .discovery(
        url,
        settings.client_id,
        { client_secret: settings.client_secret, [client.clockTolerance]: 60 },
        authenticationOf(settings),
        {
          execute: [client.enableNonRepudiationChecks, ...(allowLoopback ? [client.allowInsecureRequests] : [])],
          [client.customFetch]: async (target, init) => {
            const response = await fetch(target, init)
            await requireItself(response, settings.issuer)
            return response
          },
          timeout: 10,
        },
      )
      .catch((error: unknown) => {
        throw troubleIn(error) ?? error
      })
    const { jwks_uri, authorization_endpoint, token_endpoint, userinfo_endpoint = token_endpoint } = configuration.serverMetadata()
    for (const [name, endpoint] of Object.entries({ jwks_uri, authorization_endpoint, token_endpoint, userinfo_endpoint })) {
      if (endpoint === undefined || !URL.canParse(endpoint)) throw new ProviderTrouble(`its description has no ${name}`)
      if (!isSafeAddress(endpoint) || (new URL(endpoint).protocol === 'http:' && !allowLoopback)) {
        throw new ProviderTrouble(`its ${name} is not an https address`)
      }
    }
    configuration[client.customFetch] = (target, init) => (target === jwks_uri ? keysFetch : fetch)(target, init)
    return configuration
  }

  return {
    url: settings.issuer,
    client_id: settings.client_id,
    scope: settings.scope,
    configuration: remember(discover, { freshMs: 3_600_000, failedMs: 1_000 }),
    look: async () => void (await discover()),
    state: peer.state,
  }
}
