import { z } from 'zod'
import type { Claims } from './id-token.ts'

/** How a person must have authenticated at the provider, where the configuration says so. */
export type StrengthPolicy = { acr_values?: string[]; amr_any?: string[]; max_age_seconds?: number }

/** How they did, by what the ID token says; left out where it says nothing, or not in the form of the standard. */
export type Strength = { acr?: string; amr?: string[]; auth_time?: number }

const skew = 60
const text = z.string().min(1).max(200)
const readings = { acr: text, amr: z.array(text).min(1).max(20), auth_time: z.number().int().positive() }

export const strengthOf = (claims: Claims): Strength =>
  Object.fromEntries(
    Object.entries(readings).flatMap(([name, reading]) => {
      const read = reading.safeParse(claims[name])
      return read.success ? [[name, read.data]] : []
    }),
  )

/** What a sign-in lacks by the policy, in a phrase; undefined where it is strong and fresh enough (AN-8). */
export const weaknessOf = ({ acr, amr, auth_time }: Strength, policy: StrengthPolicy, now: number): string | undefined => {
  const { acr_values, amr_any, max_age_seconds } = policy
  if (acr_values !== undefined && (acr === undefined || !acr_values.includes(acr))) return 'no acr that is accepted'
  if (amr_any !== undefined && !amr?.some((method) => amr_any.includes(method))) return 'no amr that is accepted'
  if (max_age_seconds === undefined) return undefined
  if (auth_time === undefined) return 'no auth_time'
  if (auth_time > now + skew) return 'an auth_time in the future'
  return auth_time < now - max_age_seconds - skew ? 'an auth_time that is too long ago' : undefined
}
