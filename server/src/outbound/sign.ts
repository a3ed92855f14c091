import { type KeyObject, sign } from 'node:crypto'

export type SigningKey = { privateKey: KeyObject; kid: string }

/** Signs claims, given as JSON: a JWT (RFC 7519) with EdDSA. `typ` says what kind of one, such as `secevent+jwt` (RFC 8417). */
export const newSigner = ({ privateKey, kid }: SigningKey, typ = 'JWT'): ((claims: string) => string) => {
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', typ, kid })).toString('base64url')
  return (claims) => {
    const signed = `${header}.${Buffer.from(claims).toString('base64url')}`
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
  }
}
