import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { cose, decodeAttestationObject, decodeCredentialPublicKey, isoCBOR } from '@simplewebauthn/server/helpers'

/** COSE algorithms that a passkey of staff may have, the preferred first: Ed25519, ES256, ES384, ES512, RS256. */
export const algorithms = [-8, -7, -35, -36, -257] as const

/** The site that passkeys belong to. */
export type Site = { origin: string; rp_id: string }

/** A passkey as it was enrolled. */
export type Credential = { credential_id: Buffer; public_key: Buffer; sign_count: number }

/** Why an answer of an authenticator is not taken: a sentence for the record. */
export class PasskeyError extends Error {
  override name = 'PasskeyError'
}

const parseClientData = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new PasskeyError('the client data is not JSON')
}

/** The library does not look at these: a page that frames ours may not ask for a signature (WA-1). */
const requireOwnPage = (clientDataJSON: string): void => {
  const { crossOrigin, topOrigin } = parseClientData(clientDataJSON)
  if (crossOrigin !== undefined && crossOrigin !== false) throw new PasskeyError('it was made in a frame of another site (crossOrigin)')
  if (topOrigin !== undefined) throw new PasskeyError('it was made in a frame of another site (topOrigin)')
}

const requireUserVerified = (isVerified: boolean): void => {
  if (!isVerified) throw new PasskeyError('the authenticator did not verify its user')
}

const asPasskeyError = (error: unknown): never => {
  if (error instanceof PasskeyError) throw error
  throw new PasskeyError((error as Error).message.slice(0, 300))
}

/** What an attestation says of the make of an authenticator is not asked for, and left out where it comes unasked. */
const withoutAttestation = (response: RegistrationResponseJSON): RegistrationResponseJSON => {
  const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(response.response.attestationObject, 'base64url')))
  const bare = isoCBOR.encode(
    new Map<string, unknown>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', attestation.get('authData')],
    ]) as never,
  )
  return { ...response, response: { ...response.response, attestationObject: Buffer.from(bare).toString('base64url') } }
}

/** Registration ceremony (WebAuthn L3 §7.1), without attestation: the new credential, or a PasskeyError. */
export const verifyRegistration = async (
  response: RegistrationResponseJSON,
  expectedChallenge: string,
  expectedSite: Site,
): Promise<Credential & { algorithm: number; is_synced: boolean; transports: string[] }> => {
  try {
    requireOwnPage(response.response.clientDataJSON)
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: withoutAttestation(response),
      expectedChallenge,
      expectedOrigin: expectedSite.origin,
      expectedRPID: expectedSite.rp_id,
      requireUserVerification: false,
      supportedAlgorithmIDs: [...algorithms],
    })
    if (!verified || !registrationInfo) throw new PasskeyError('the attestation does not verify')
    requireUserVerified(registrationInfo.userVerified)
    const { credential } = registrationInfo
    return {
      credential_id: Buffer.from(credential.id, 'base64url'),
      public_key: Buffer.from(credential.publicKey),
      sign_count: credential.counter,
      algorithm: Number(decodeCredentialPublicKey(credential.publicKey).get(cose.COSEKEYS.alg)),
      is_synced: registrationInfo.credentialBackedUp,
      transports: credential.transports ?? [],
    }
  } catch (error) {
    return asPasskeyError(error)
  }
}

/**
 * Authentication ceremony (WebAuthn L3 §7.2): the new signature counter, or a PasskeyError. A counter that is not zero must
 * grow (WA-4); synced passkeys keep it at zero, so whoever calls this uses each challenge once.
 */
export const verifyAssertion = async (
  response: AuthenticationResponseJSON,
  expectedChallenge: string,
  expectedSite: Site,
  credential: Credential,
): Promise<{ sign_count: number }> => {
  try {
    requireOwnPage(response.response.clientDataJSON)
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge,
      expectedOrigin: expectedSite.origin,
      expectedRPID: expectedSite.rp_id,
      requireUserVerification: false,
      credential: {
        id: credential.credential_id.toString('base64url'),
        publicKey: new Uint8Array(credential.public_key),
        counter: credential.sign_count,
      },
    })
    if (!verified) throw new PasskeyError('the signature does not verify')
    requireUserVerified(authenticationInfo.userVerified)
    return { sign_count: authenticationInfo.newCounter }
  } catch (error) {
    return asPasskeyError(error)
  }
}
