import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Signs the statements that this service issues: a detached Ed25519 signature over their JSON. */
export class Signer {
  readonly #key: KeyObject
  readonly publicKey: string

  constructor(pkcs8: string) {
    this.#key = createPrivateKey(pkcs8)
    this.publicKey = createPublicKey(this.#key).export({ format: 'jwk' }).x ?? ''
  }

  sign(statement: unknown): string {
    return sign(null, Buffer.from(JSON.stringify(statement)), this.#key).toString('base64url')
  }
}

export const newSignerKey = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
