import { createHash } from 'node:crypto'
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'
import { Problem } from '../problem.ts'
import { UsedIds } from './replay.ts'

const longestLifeSeconds = 60
/** Long targets are named by their digest. */
const digestOf = (target: string): string => `sha256:${createHash('sha256').update(target).digest('base64url')}`

export const clockToleranceSeconds = 5

/** What every call of Countersign carries, to the product API and to the connector alike. */
const Call = z.object({
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1).max(200),
  htm: z.string(),
  htu: z.string(),
})

/** The request as it arrived: the raw target, before any router has read it. */
export type Arrived = { method: string; target: string }

/** One sender whose calls are believed: an issuer, its keys, and the audience that we are to it. */
export class TrustedCaller {
  readonly #issuer: string
  readonly #audience: string
  readonly #keys: ReturnType<typeof createRemoteJWKSet>
  readonly #used = new UsedIds()
  readonly #startedAt = Date.now()

  constructor(issuer: string, jwksUrl: string, audience: string) {
    this.#issuer = issuer
    this.#audience = audience
    this.#keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5000, cooldownDuration: 30_000, cacheMaxAge: 10 * 60_000 })
  }

  async verify(token: string, arrived: Arrived): Promise<JWTPayload> {
    // Only the one compact spelling: a token with another alphabet or padding is not ours.
    if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(token)) throw new Problem('bad_assertion', 'not a compact JWT')
    const claims = await this.#verifySignature(token)
    const call = Call.safeParse(claims)
    if (!call.success) throw new Problem('bad_assertion', `claim ${call.error.issues[0]?.path.join('.')} is missing or malformed`)
    const { iat, exp, jti, htm, htu } = call.data
    const now = Date.now()
    if (exp - iat > longestLifeSeconds) throw new Problem('bad_assertion', `it lives longer than ${longestLifeSeconds} s`)
    if (iat > now / 1000 + clockToleranceSeconds) throw new Problem('bad_assertion', 'iat is in the future')
    // The memory of used ids starts with this process: what was issued before it could be a replay that it cannot see.
    if (iat + 1 < this.#startedAt / 1000) throw new Problem('bad_assertion', 'it was issued before this process started')
    if (htm !== arrived.method) throw new Problem('bad_assertion', 'htm is not the method of this request')
    if (htu !== arrived.target && htu !== digestOf(arrived.target))
      throw new Problem('bad_assertion', 'htu is not the target of this request')
    if (!this.#used.use(jti, (exp + clockToleranceSeconds) * 1000, now)) throw new Problem('replayed', 'this jti was used before')
    return claims
  }

  async #verifySignature(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ['EdDSA'],
        issuer: this.#issuer,
        audience: this.#audience,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti'],
      })
      return payload
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && !(error instanceof errors.JWKSInvalid)) {
        if (error.code !== 'ERR_JOSE_GENERIC') throw new Problem('bad_assertion', error.message)
      }
      console.error(`acme: the issuer's keys could not be read: ${error instanceof Error ? error.message : String(error)}`)
      throw new Problem('trust_unavailable', "the issuer's keys cannot be read at the moment")
    }
  }
}
