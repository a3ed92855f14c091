import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const ed25519 = sequence(Buffer.from('06032b6570', 'hex'))
const commonName = (name: string) => sequence(der(0x31, sequence(Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from(name)))))
const instant = (text: string) => der(0x18, Buffer.from(text))

/** A certificate for TLS that nobody has signed but its own key. */
export const newSelfSigned = (name: string, until = '20460101000000Z'): { key: string; cert: string } => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const body = sequence(
    der(0xa0, Buffer.from('020102', 'hex')),
    Buffer.from('020101', 'hex'),
    ed25519,
    commonName(name),
    sequence(instant('20260101000000Z'), instant(until)),
    commonName(name),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  )
  const whole = sequence(body, ed25519, der(0x03, Buffer.from([0]), sign(null, body, privateKey)))
  const cert = `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert }
}
