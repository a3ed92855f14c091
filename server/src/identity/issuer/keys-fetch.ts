import type { CustomFetch } from 'openid-client'
import { ProviderTrouble } from './trouble.ts'

const pause = 30_000
const keptFor = 600_000

/**
 * The provider's keys are asked for at most once in 30 s, however many tokens name keys that we do not know (AN-9). While it
 * does not answer, the last good set is used for ten minutes.
 */
export const newKeysFetch = (fetch: CustomFetch, now: () => number = () => performance.now()): CustomFetch => {
  let asked = Number.NEGATIVE_INFINITY
  let good: { at: number; body: string; headers: Headers } | undefined
  let pending: Promise<void> | undefined
  let trouble: unknown

  const ask = async (...request: Parameters<CustomFetch>): Promise<void> => {
    try {
      const response = await fetch(...request)
      if (response.status !== 200) throw new ProviderTrouble(`the keys were answered with ${response.status}`)
      const body = await response.text()
      if (!Array.isArray((JSON.parse(body) as { keys?: unknown }).keys)) throw new ProviderTrouble('the keys are not a JWK set')
      good = { at: now(), body, headers: response.headers }
      trouble = undefined
    } catch (error) {
      trouble = error
    }
  }

  return async (url, init) => {
    if (pending === undefined && now() - asked >= pause) {
      asked = now()
      pending = ask(url, init).finally(() => {
        pending = undefined
      })
    }
    await pending
    if (good !== undefined && now() - good.at <= keptFor) return new Response(good.body, { headers: good.headers })
    throw trouble ?? new ProviderTrouble('the keys are too old')
  }
}
