import type { ErrorCode } from '@countersign/contract/errors.ts'
import * as client from 'openid-client'
import { troubleIn } from '../issuer/trouble.ts'
import { SignInRefusal } from './refusal.ts'

type Reading = readonly [ErrorCode, advice: string]

const tryAgain: Reading = ['identity_provider_unavailable', "It is the provider's own failure: look at its status."]
const expired: Reading = ['sign_in_stale', 'The person took longer at the provider than it waits.']
const clocks = 'Compare the clocks of this machine and of the identity provider: they may differ by 60 s.'
const scopes: Reading = [
  'sign_in_misconfigured',
  'Compare identity.scope with the scopes that the provider knows and that this client may ask for.',
]
const request: Reading = [
  'sign_in_misconfigured',
  'Compare the redirect address <console.public_url>/auth/callback, identity.client_id, and whether the client is one for the authorization code flow with PKCE (S256).',
]

/** Errors of RFC 6749, OIDC Core and what providers add, as they come back with the browser. */
const atCallback: Record<string, Reading> = {
  access_denied: [
    'sign_in_canceled',
    'The person canceled or did not consent, or is not assigned to this application at the provider, or a rule there refused them.',
  ],
  login_required: ['sign_in_refused', 'The provider wanted the person to sign in and could not ask.'],
  interaction_required: ['sign_in_refused', 'The provider wanted something of the person, such as a second factor, and could not ask.'],
  consent_required: ['sign_in_refused', 'Consent to this client at the provider, once for everybody where it offers that.'],
  invalid_scope: scopes,
  invalid_request: request,
  unauthorized_client: request,
  unsupported_response_type: request,
  server_error: tryAgain,
  temporarily_unavailable: tryAgain,
}
const atToken: Record<string, Reading> = {
  invalid_grant: [
    'sign_in_refused',
    'The code was used already, is too old, or belongs to another redirect address, client or PKCE verifier.',
  ],
  invalid_client: [
    'sign_in_misconfigured',
    'Compare identity.client_id and the secret in the variable of identity.client_secret_env: wrong, expired, the id of the secret instead of its value, or sent in a way that this client does not take (identity.client_authentication).',
  ],
  invalid_scope: scopes,
  invalid_request: request,
  unauthorized_client: request,
  unsupported_grant_type: request,
}

/** What the library or our own checks say of an answer, and what to do about it: the first that fits. */
const advices: [RegExp, string][] = [
  [/"?id_token"?" property/, 'There was no ID token: identity.scope must contain openid, and the provider must speak OpenID Connect.'],
  [
    /\balg\b|header that is not accepted/,
    'Choose an asymmetric signing algorithm (RS256, ES256, EdDSA, …) for the ID tokens of this client; HS256 and none are refused.',
  ],
  [/is encrypted/, 'Turn the encryption of ID tokens off for this client; TLS protects them on the way.'],
  [/no applicable keys/, 'The provider signed with a key that it does not publish, or changed its keys within the last minute.'],
  [/\b(?:exp|iat|nbf)\b/, clocks],
  [/auth_time in the future/, clocks],
  [
    /no auth_time|auth_time/,
    'Let the provider send auth_time (an optional claim in Entra ID; Google does not send it), or leave max_age_seconds out.',
  ],
  [/acr|amr/, 'Let the provider ask for the second factor and say so in acr or amr; compare identity.acr_values and identity.amr_any.'],
  [/\biss\b|another issuer/, 'The answer names another issuer than identity.issuer; they are compared letter by letter.'],
  [/\baud\b|audience|another client/, 'The token was made for another client than identity.client_id.'],
  [/"sub"/, 'Userinfo spoke of somebody else than the ID token.'],
]
export const adviceOn = (note: string): string | undefined => advices.find(([pattern]) => pattern.test(note))?.[1]

/** A text of the provider's for a line of the log. */
const line = (text: unknown): string | undefined =>
  typeof text === 'string' && text !== ''
    ? text
        .replace(/[\p{C}\p{Z}]+/gu, ' ')
        .trim()
        .slice(0, 400)
    : undefined

const readError = (name: string, description: unknown, table: Record<string, Reading>): SignInRefusal => {
  const known = /^[a-z_]{1,60}$/.test(name) ? name : 'an error'
  // Keycloak says so in the description alone.
  const [code, advice] =
    known === 'temporarily_unavailable' && description === 'authentication_expired'
      ? expired
      : Object.hasOwn(table, known)
        ? (table[known] as Reading)
        : table === atToken
          ? tryAgain
          : (['sign_in_refused', 'Look the error up in the documentation of the provider.'] as const)
  return new SignInRefusal(code, `the identity provider answered ${known}`, { said: line(description), advice })
}

/** An error that came without a state of ours: there is no sign-in that it belongs to. */
export const readStrayError = (query: URLSearchParams): SignInRefusal | undefined => {
  const error = query.get('error')
  return error === null ? undefined : readError(error, query.get('error_description'), atCallback)
}

const noAnswer = 'the identity provider does not answer as it should'

/** Whose fault it is: the provider's, or this answer's. Notes are the library's own phrases, never a text from outside. */
export const readFailure = (error: unknown): SignInRefusal => {
  if (error instanceof SignInRefusal) return error
  const trouble = troubleIn(error)
  if (trouble !== undefined) return new SignInRefusal('identity_provider_unavailable', noAnswer, { said: trouble.message, cause: error })
  if (error instanceof client.AuthorizationResponseError) return readError(error.error, error.error_description, atCallback)
  if (error instanceof client.ResponseBodyError) return readError(error.error, error.error_description, atToken)
  const { message, code, cause } = error as Error & { code?: string }
  const note = cause instanceof Error ? cause.message : message
  if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON')
    return new SignInRefusal('identity_provider_unavailable', noAnswer, { said: note, cause: error })
  return new SignInRefusal('sign_in_refused', note, { advice: adviceOn(note), cause: error })
}
