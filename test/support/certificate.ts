import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

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
  const cert = `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert }
}
