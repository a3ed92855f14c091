import * as client from 'openid-client'
import { isComplete } from './claims.ts'
import type { Claims } from './id-token.ts'

/**
 * The ID token's claims, and what it leaves out as the userinfo endpoint has it: some providers put roles, name and address only there
 * (Okta, ZITADEL). It must speak of the same subject, and changes nothing that the token says.
 */
export const completeClaims = async (
  configuration: client.Configuration,
  { claims, accessToken, rolesClaim }: { claims: Claims; accessToken: string; rolesClaim: string },
): Promise<Claims> => {
  if (isComplete(claims, rolesClaim) || configuration.serverMetadata().userinfo_endpoint === undefined) return claims
  const said = await client.fetchUserInfo(configuration, accessToken, claims.sub)
  return { ...said, ...claims }
}
