import { Refusal } from '../errors.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Issuer } from './issuer/open.ts'

/** Looks now and then whether the identity provider answers, so that it is known before somebody cannot sign in. */
export const watchIssuer = (issuer: Pick<Issuer, 'look'>, log: LoopLog): Loop =>
  startLoop({
    name: 'identity provider',
    everyMs: 60_000,
    retry: { firstMs: 1_000, longestMs: 30_000 },
    pass: async () => {
      await issuer.look().catch((cause) => {
        throw new Refusal('identity_provider_unavailable', { cause })
      })
    },
    log,
  })
