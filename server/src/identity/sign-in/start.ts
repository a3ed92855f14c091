import { sql } from 'kysely'
import * as client from 'openid-client'
import { Refusal } from '../../errors.ts'
import type { Store } from '../../store/open.ts'
import type { Identity } from '../open.ts'
import { isReturnTo } from '../return-to.ts'
import { hashSecret, newSecret } from '../secret.ts'

export type StartNeeds = { store: Store; identity: Identity; publicUrl: string }

/** A sign-in must come back within this. */
export const flowTime = sql`interval '10 minutes'`
export const flowSeconds = 600
/** Sign-ins under way at once, whoever began them. */
const mostFlows = 20_000

const maxAgeOf = (seconds: number | undefined): { max_age?: string } => (seconds === undefined ? {} : { max_age: String(seconds) })

export const redirectUri = (publicUrl: string): string => `${publicUrl}/auth/callback`

/**
 * Begins a sign-in: remembers what the answer must match, and says where to send the browser. `browser` goes into a cookie, so
 * that only this browser can finish it.
 */
export const startSignIn = async (
  needs: StartNeeds,
  input: { as?: string; return_to: string; fresh?: boolean },
): Promise<{ location: string; state: string; browser: string }> => {
  if (!isReturnTo(input.return_to)) {
    throw new Refusal('invalid_request', { errors: [{ path: '/return_to', message: 'is not a page of this console' }] })
  }
  const { issuer, local, strength } = needs.identity
  let configuration: client.Configuration
  try {
    configuration = await issuer.configuration()
  } catch (cause) {
    throw new Refusal('identity_provider_unavailable', { cause })
  }
  const [state, browser, nonce, verifier] = [newSecret(), newSecret(), newSecret(), client.randomPKCECodeVerifier()]
  // Anybody may begin a sign-in, and each is a row until it is finished or too old.
  const begun = await sql`
    with old as (delete from sign_in_flows where created_at < clock_timestamp() - ${flowTime}),
    live as (select from sign_in_flows where created_at >= clock_timestamp() - ${flowTime} limit ${mostFlows})
    insert into sign_in_flows (state_hash, browser_hash, nonce, code_verifier, return_to, fresh)
    select ${hashSecret(state)}::bytea, ${hashSecret(browser)}::bytea, ${nonce}, ${verifier}, ${input.return_to}, ${input.fresh === true}
    where (select count(*) from live) < ${mostFlows}
    returning state_hash`.execute(needs.store.db)
  if (begun.rows.length === 0) throw new Refusal('too_many_requests', { detail: 'Too many sign-ins have been begun and not finished.' })
  const location = client.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri(needs.publicUrl),
    scope: issuer.scope,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(strength.acr_values ? { acr_values: strength.acr_values.join(' ') } : {}),
    ...maxAgeOf(input.fresh ? 0 : strength.max_age_seconds),
    // At the local provider, people choose anew each time who they are.
    ...(local || input.fresh ? { prompt: 'login' } : {}),
    ...(local && input.as !== undefined ? { login_hint: input.as } : {}),
  })
  return { location: location.href, state, browser }
}
