import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const { length: n } = body
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const ed25519 = sequence(Buffer.from('06032b6570', 'hex'))
/** What browsers take. */
const ecdsaWithSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'))
const commonName = (name: string) => sequence(der(0x31, sequence(Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from(name)))))
const instant = (text: string) => der(0x18, Buffer.from(text))

const derBoolean = der(0x01, Buffer.from([0xff]))
const extension = (oid: string, isCritical: boolean, value: Buffer) =>
  sequence(Buffer.from(oid, 'hex'), ...(isCritical ? [derBoolean] : []), der(0x04, value))
const isAuthority = extension('0603551d13', true, sequence(derBoolean))
const namedLocally = extension('0603551d11', false, sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1]))))

const pemOf = (whole: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----\n`

/** A private authority, and a certificate for localhost and 127.0.0.1 that it signed. */
export const newAuthority = (): { ca: string; key: string; cert: string } => {
  const [authority, server] = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('ec', { namedCurve: 'P-256' })]
  const issue = (serial: string, name: string, publicKey: KeyObject, extensions: Buffer) => {
    const body = sequence(
      der(0xa0, Buffer.from('020102', 'hex')),
      Buffer.from(serial, 'hex'),
      ecdsaWithSha256,
      commonName('Private authority of a test'),
      sequence(instant('20260101000000Z'), instant('20460101000000Z')),
      commonName(name),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(extensions)),
    )
    const signature = sign('sha256', body, authority.privateKey)
    return pemOf(sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature)))
  }
  return {
    ca: issue('020101', 'Private authority of a test', authority.publicKey, isAuthority),
    cert: issue('020102', 'localhost', server.publicKey, namedLocally),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** A certificate for TLS that nobody has signed but its own key. */
export const newSelfSigned = (
  name: string,
  until = '20460101000000Z',
  kind: 'ed25519' | 'p256' = 'ed25519',
): { key: string; cert: string } => {
  const { privateKey } = kind === 'p256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const algorithm = kind === 'p256' ? ecdsaWithSha256 : ed25519
  const body = sequence(
    der(0xa0, Buffer.from('020102', 'hex')),
    Buffer.from('020101', 'hex'),
    algorithm,
    commonName(name),
    sequence(instant('20260101000000Z'), instant(until)),
    commonName(name),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  )
  const whole = sequence(body, algorithm, der(0x03, Buffer.from([0]), sign(kind === 'p256' ? 'sha256' : null, body, privateKey)))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pemOf(whole) }
}
