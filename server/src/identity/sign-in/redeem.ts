import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { Role } from '@countersign/contract/staff.ts'
import * as client from 'openid-client'
import { isElsewhere, labelsOf, reach, rolesOf } from '../issuer/claims.ts'
import { type Claims, readIdToken } from '../issuer/id-token.ts'
import { type Strength, strengthOf, weaknessOf } from '../issuer/strength.ts'
import { completeClaims } from '../issuer/userinfo.ts'
import type { Identity } from '../open.ts'
import { adviceOn, readFailure } from './read-failure.ts'
import { SignInRefusal } from './refusal.ts'
import { redirectUri } from './start.ts'
import type { Flow } from './take-flow.ts'

export type Person = {
  issuer: string
  subject: string
  email: string
  name: string
  roles: Role[]
  strength: Strength
  why: string | undefined
}

/** How long ago a person may have authenticated who was sent to do so anew: as long as a sign-in may take. */
const freshAuthSeconds = 300

const refusal = (code: ErrorCode, note: string) => new SignInRefusal(code, note, { advice: adviceOn(note) })

const overage =
  'The person is in more groups than the provider puts into a token. Let it send only the groups that are assigned to this application, or use application roles (Entra ID: roles_claim: roles)'

/** Why somebody has no role, for the program's log. */
const missing = (claims: Claims, claim: string): string =>
  reach(claims, claim) === undefined
    ? `The claim ${claim} is neither in the ID token nor in userinfo, which have: ${Object.keys(claims).sort().join(', ')}`.slice(0, 1000)
    : `The claim ${claim} has no value that identity.role_map, or a role of ours, is called`

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
    if (typeof claims === 'string') throw refusal('sign_in_refused', `the ID token ${claims}`)
    const strength = strengthOf(claims)
    const weakness = weaknessOf(strength, flow.fresh && !local ? { ...policy, max_age_seconds: freshAuthSeconds } : policy, expected.now)
    if (weakness !== undefined) throw refusal('sign_in_too_weak', `the ID token has ${weakness}`)
    const all = await completeClaims(configuration, { claims, accessToken: tokens.access_token, rolesClaim })
    if (isElsewhere(all, rolesClaim)) throw new SignInRefusal('roles_not_sent', 'the roles are not in the token', { advice: overage })
    const roles = rolesOf(all, rolesClaim, roleMap)
    const why = roles.length === 0 ? missing(all, rolesClaim) : undefined
    return { issuer: claims.iss, subject: claims.sub, ...labelsOf(all), roles, why, strength }
  } catch (error) {
    throw readFailure(error)
  }
}
