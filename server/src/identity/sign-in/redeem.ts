import type { Role } from '@countersign/contract/staff.ts'
import * as client from 'openid-client'
import { labelsOf, rolesOf } from '../issuer/claims.ts'
import { readIdToken } from '../issuer/id-token.ts'
import { type Strength, strengthOf, weaknessOf } from '../issuer/strength.ts'
import { ProviderTrouble } from '../issuer/trouble.ts'
import type { Identity } from '../open.ts'
import { SignInRefusal } from './refusal.ts'
import { redirectUri } from './start.ts'
import type { Flow } from './take-flow.ts'

export type Person = { issuer: string; subject: string; email: string; name: string; roles: Role[]; strength: Strength }

/** How long ago a person may have authenticated who was sent to do so anew: as long as a sign-in may take. */
const freshAuthSeconds = 300

const noAnswer = 'the identity provider does not answer as it should'
const unavailable = (note: string, cause: unknown): SignInRefusal => new SignInRefusal('identity_provider_unavailable', note, { cause })

/** Whose fault it is: the provider's, or this answer's. Notes are the library's own phrases, never a text from outside. */
const refusalOf = (error: unknown): SignInRefusal => {
  if (error instanceof SignInRefusal) return error
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ProviderTrouble) return unavailable(noAnswer, error)
  }
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError) {
    const said = /^[a-z_]{1,60}$/.test(error.error) ? error.error : 'an error'
    const note = `the identity provider answered ${said}`
    // Of the token endpoint's errors only this one speaks of the code; the others say that we are set up wrongly.
    if (error instanceof client.ResponseBodyError && error.error !== 'invalid_grant') return unavailable(note, error)
    return new SignInRefusal('sign_in_refused', note, { cause: error })
  }
  const { message, code, cause } = error as Error & { code?: string }
  if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON') return unavailable(noAnswer, error)
  return new SignInRefusal('sign_in_refused', cause instanceof Error ? cause.message : message, { cause: error })
}

/** Redeems the code at the provider, and checks everything about the answer: who has signed in, by issuer and subject. */
export const redeem = async (needs: { identity: Identity; publicUrl: string }, flow: Flow, query: URLSearchParams): Promise<Person> => {
  const { issuer, local, rolesClaim, roleMap, strength: policy } = needs.identity
  try {
    const configuration = await issuer.configuration()
    const url = new URL(redirectUri(needs.publicUrl))
    url.search = query.toString()
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      expectedState: query.get('state') ?? undefined,
      expectedNonce: flow.nonce,
      pkceCodeVerifier: flow.code_verifier,
      idTokenExpected: true,
    })
    const expected = { issuer: configuration.serverMetadata().issuer, clientId: issuer.client_id, now: Math.floor(Date.now() / 1000) }
    const claims = readIdToken(tokens.id_token ?? '', expected)
    if (typeof claims === 'string') throw new SignInRefusal('sign_in_refused', `the ID token ${claims}`)
    const strength = strengthOf(claims)
    const weakness = weaknessOf(strength, flow.fresh && !local ? { ...policy, max_age_seconds: freshAuthSeconds } : policy, expected.now)
    if (weakness !== undefined) throw new SignInRefusal('sign_in_too_weak', `the ID token has ${weakness}`)
    return { issuer: claims.iss, subject: claims.sub, ...labelsOf(claims), roles: rolesOf(claims, rolesClaim, roleMap), strength }
  } catch (error) {
    throw refusalOf(error)
  }
}
