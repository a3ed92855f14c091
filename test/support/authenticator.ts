import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** Flags of authenticator data (WebAuthn L3 §6.1): user present, user verified, backup eligible, backed up, credential attached. */
const [present, verified, eligible, backedUp, attached] = [0x01, 0x04, 0x08, 0x10, 0x40]

type Options = { origin: string; synced?: boolean }
type Changes = {
  origin?: string
  rpId?: string
  flags?: (flags: number) => number
  clientData?: Record<string, unknown>
  counter?: number
}
type Challenge = { challenge: string; rp?: { id?: string }; rpId?: string; user?: { id: string } }

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()
const url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

const counterBytes = (counter: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(counter)
  return bytes
}

/**
 * An authenticator in software, with one ES256 key: what a browser would answer to the options of the API. `changes` makes it lie.
 * A synced one keeps its counter at zero, as passkeys of password managers do.
 */
export const newAuthenticator = ({ origin, synced = false }: Options) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const cose = isoCBOR.encode(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
      [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
    ]) as never,
  )
  const credentialId = randomBytes(32)
  let counter = 0
  let userHandle = ''
  const backup = synced ? eligible | backedUp : 0

  const clientDataOf = (type: string, challenge: string, changes: Changes): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin: changes.origin ?? origin, crossOrigin: false, ...changes.clientData }))

  const dataOf = (rpId: string, flags: number, changes: Changes, more: Uint8Array = new Uint8Array()): Buffer => {
    if (!synced) counter += 1
    return Buffer.concat([
      sha256(changes.rpId ?? rpId),
      Buffer.from([changes.flags ? changes.flags(flags) : flags]),
      counterBytes(changes.counter ?? counter),
      more,
    ])
  }

  const common = { id: url(credentialId), rawId: url(credentialId), type: 'public-key' as const, clientExtensionResults: {} }
  return {
    credentialId: url(credentialId),
    /** Answers the options of an enrolment. */
    register(options: Challenge, changes: Changes = {}) {
      userHandle = options.user?.id ?? ''
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credentialId.length)
      const credential = Buffer.concat([Buffer.alloc(16), length, credentialId, cose])
      const authData = dataOf(options.rp?.id ?? '', present | verified | attached | backup, changes, credential)
      const attestation = isoCBOR.encode(
        new Map<string, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', new Uint8Array(authData)],
        ]) as never,
      )
      return {
        ...common,
        response: {
          clientDataJSON: url(clientDataOf('webauthn.create', options.challenge, changes)),
          attestationObject: url(attestation),
          transports: ['internal' as const],
        },
      }
    },
    /** Signs a challenge. */
    sign(options: Challenge, changes: Changes = {}) {
      const clientData = clientDataOf('webauthn.get', options.challenge, changes)
      const authenticatorData = dataOf(options.rpId ?? '', present | verified | backup, changes)
      const signature = createSign('sha256')
        .update(Buffer.concat([authenticatorData, sha256(clientData)]))
        .sign(privateKey)
      return {
        ...common,
        response: { clientDataJSON: url(clientData), authenticatorData: url(authenticatorData), signature: url(signature), userHandle },
      }
    },
  }
}
export type Authenticator = ReturnType<typeof newAuthenticator>
