import { readFileSync } from 'node:fs'
import { decodeAttestationObject, parseAuthenticatorData } from '@simplewebauthn/server/helpers'
import { expect, it } from 'vitest'
import { type Credential, verifyAssertion, verifyRegistration } from '../../server/src/identity/passkeys/verify.ts'
import { describeVectors } from '../support/vectors.ts'

type Registration = { challenge: string; credential_id: string; clientDataJSON: string; attestationObject: string }
type Authentication = { challenge: string; clientDataJSON: string; authenticatorData: string; signature: string }
type Vector = { name: string; registration: Registration; authentication: Authentication }
type File = { rp_id: string; origin: string; vectors: Vector[] }

const url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
const userVerified = 0x04

const registrationOf = ({ registration: { credential_id, clientDataJSON, attestationObject } }: Vector) => ({
  id: url(credential_id),
  rawId: url(credential_id),
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: { clientDataJSON: url(clientDataJSON), attestationObject: url(attestationObject) },
})

const assertionOf = ({ registration, authentication: { clientDataJSON, authenticatorData, signature } }: Vector) => ({
  id: url(registration.credential_id),
  rawId: url(registration.credential_id),
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: { clientDataJSON: url(clientDataJSON), authenticatorData: url(authenticatorData), signature: url(signature) },
})

/** The credential as the vector has it, whatever our policy says of its registration. */
const credentialOf = ({ registration }: Vector): Credential => {
  const authData = decodeAttestationObject(new Uint8Array(Buffer.from(registration.attestationObject, 'hex'))).get('authData')
  const { credentialPublicKey, counter } = parseAuthenticatorData(authData)
  return {
    credential_id: Buffer.from(registration.credential_id, 'hex'),
    public_key: Buffer.from(credentialPublicKey ?? new Uint8Array()),
    sign_count: counter,
  }
}

/** What our policy refuses, last of all, of what verifies; undefined for what is taken. */
const refusalOf = (name: string, flags: number): RegExp | undefined => {
  if (/crossOrigin|topOrigin/.test(name)) return /frame of another site/
  return (flags & userVerified) === 0 ? /did not verify its user/ : undefined
}

describeVectors('webauthn.json', 'WA-1 the examples of the W3C (WebAuthn L3, Test Vectors)', (path) => {
  const { vectors, origin, rp_id } = JSON.parse(readFileSync(path, 'utf8')) as File
  const site = { origin, rp_id }
  const examples = vectors.filter(({ registration }) => registration.attestationObject !== undefined)

  it('are fifteen', () => expect(examples).toHaveLength(15))

  it.each(examples)('$name: its registration', async (vector) => {
    const authData = decodeAttestationObject(new Uint8Array(Buffer.from(vector.registration.attestationObject, 'hex'))).get('authData')
    const verified = verifyRegistration(registrationOf(vector), url(vector.registration.challenge), site)
    const refused = vector.name === 'packed-ed448' ? /public key alg "-53"/ : refusalOf(vector.name, authData[32] as number)
    if (refused) await expect(verified).rejects.toThrow(refused)
    else expect((await verified).credential_id.toString('hex')).toBe(vector.registration.credential_id)
  })

  it.each(examples)('$name: its authentication', async (vector) => {
    const flags = Buffer.from(vector.authentication.authenticatorData, 'hex')[32] as number
    const verified = verifyAssertion(assertionOf(vector), url(vector.authentication.challenge), site, credentialOf(vector))
    const refused = vector.name === 'packed-ed448' ? /./ : refusalOf(vector.name, flags)
    if (refused) await expect(verified).rejects.toThrow(refused)
    else expect(await verified).toEqual({ sign_count: 0 })
  })

  const taken = examples.find(({ name }) => name === 'packed-es256') as Vector
  const challenge = url(taken.authentication.challenge)

  it.each<[string, (response: ReturnType<typeof assertionOf>) => void, RegExp]>([
    [
      'another signature',
      ({ response }) => {
        const bytes = Buffer.from(response.signature, 'base64url')
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
        response.signature = bytes.toString('base64url')
      },
      /does not verify/,
    ],
    [
      'the client data of the registration (WA-2)',
      ({ response }) => {
        response.clientDataJSON = url(taken.registration.clientDataJSON)
      },
      /Unexpected authentication response type: webauthn.create/,
    ],
    [
      'client data that is no JSON',
      ({ response }) => {
        response.clientDataJSON = url('00')
      },
      /not JSON/,
    ],
  ])('refuses %s', async (_, change, why) => {
    const response = assertionOf(taken)
    change(response)
    await expect(verifyAssertion(response, challenge, site, credentialOf(taken))).rejects.toThrow(why)
  })

  it.each([
    [
      'another challenge (WA-6)',
      challenge.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
      site,
      /Unexpected authentication response challenge/,
    ],
    ['another origin (WA-2)', challenge, { origin: 'https://example.org.', rp_id }, /Unexpected authentication response origin/],
    ['another relying party (WA-2)', challenge, { origin, rp_id: 'example.com' }, /Unexpected RP ID hash/],
  ])('refuses %s', async (_, expectedChallenge, expectedSite, why) => {
    await expect(verifyAssertion(assertionOf(taken), expectedChallenge, expectedSite, credentialOf(taken))).rejects.toThrow(why)
  })

  it('WA-4 refuses a signature counter that does not grow', async () => {
    const credential = { ...credentialOf(taken), sign_count: 1 }
    await expect(verifyAssertion(assertionOf(taken), challenge, site, credential)).rejects.toThrow(
      /counter value 0 was lower than expected 1/,
    )
  })
})
