import { z } from 'zod'
import { parseStrictJson } from './strict-json.ts'

/** Asymmetric signatures only: `none` and HMAC would let whoever knows our public configuration make tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const
const skew = 60
/**
 * A token is made for the code that we just redeemed; one much older is another one's. Entra ID dates its tokens five minutes back,
 * so that clocks may differ.
 */
const oldest = 900
/** The longest that Auth0 lets anybody choose. */
const longest = 30 * 86_400

const absent = z.never().optional()
const Header = z.object({
  alg: z.enum(algorithms),
  typ: z.string().regex(/^jwt$/i).optional(),
  kid: z.string().max(1000).optional(),
  // A token that brings its own key, or says where to fetch it, is refused whether or not anybody would look.
  jwk: absent,
  jku: absent,
  x5u: absent,
  x5c: absent,
  crit: absent,
  b64: absent,
  zip: absent,
  enc: absent,
})

/** RFC 7519: a NumericDate may have a fraction. */
const seconds = z.number().positive()
const Claims = z.looseObject({
  iss: z.string(),
  sub: z.string().regex(/^[\x21-\x7e]{1,255}$/),
  aud: z.union([z.string(), z.array(z.string())]),
  azp: z.string().optional(),
  exp: seconds,
  iat: seconds,
  nbf: seconds.optional(),
})
export type Claims = z.infer<typeof Claims>

const decodePart = (part: string): unknown => {
  const bytes = Buffer.from(part, 'base64url')
  // One token, one spelling: decoders accept others, which would read the same and compare unequal.
  if (bytes.toString('base64url') !== part) return undefined
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? parseStrictJson(text) : undefined
}

/**
 * What is asked of an ID token beyond its signature, issuer and nonce, which the library has checked by then. Answers its
 * claims, or says in one phrase what is wrong with it.
 */
export const readIdToken = (token: string, expected: { issuer: string; clientId: string; now: number }): Claims | string => {
  const parts = token.split('.')
  if (parts.length === 5) return 'is encrypted'
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return 'is not a signed token in its one spelling'
  const [header, payload, signature] = parts as [string, string, string]
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return 'is not a signed token in its one spelling'
  if (!Header.safeParse(decodePart(header)).success) return 'has a header that is not accepted'
  const parsed = Claims.safeParse(decodePart(payload))
  if (!parsed.success) return `has a bad ${String(parsed.error.issues[0]?.path[0] ?? 'body')}`
  const { iss, aud, azp, exp, iat, nbf } = parsed.data
  const { issuer, clientId, now } = expected
  if (iss !== issuer) return 'is from another issuer'
  const audience = [aud].flat()
  if (!audience.includes(clientId)) return 'is for another audience'
  // OIDC Core 3.1.3.7: providers such as ZITADEL name whole projects as the audience; then azp says whom the token was given to.
  if (audience.some((one) => one !== clientId) && azp === undefined) return 'is for another audience too, with no azp'
  if (azp !== undefined && azp !== clientId) return 'was given to another client'
  const ahead = (instant: number): string => `${Math.round(instant - now)} s from now`
  if (exp <= now - skew || exp > now + longest) return `has a bad exp, ${ahead(exp)}`
  if (iat < now - oldest || iat > now + skew) return `has a bad iat, ${ahead(iat)}`
  if (nbf !== undefined && nbf > now + skew) return `has a bad nbf, ${ahead(nbf)}`
  return parsed.data
}
