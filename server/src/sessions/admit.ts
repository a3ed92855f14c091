import type { Base } from '../access/ctx.ts'
import { Refusal } from '../errors.ts'
import { newAuthorityClock } from './clock.ts'
import { type FactsSource, newFacts, type SessionFacts } from './facts.ts'
import { newGatherer } from './gather.ts'
import { awaitRevocations } from './order.ts'
import { findUnusable, type Unusable } from './standing.ts'
import { type HandOver, newHandOver } from './views/hand-over.ts'

/** What a door asks about sessions. The primary answers. */
export type Admission = {
  /** Which session a token belongs to. Whether it may be used is not asked here. */
  findFacts: FactsSource['find']
  /** Views of the product in browsers. */
  handOver: HandOver
  /**
   * Makes an attempt to record a request as admitted, which answers undefined where the database did not admit it; then refuses
   * with the reason. Where a staff member's name or address has changed, reads the facts again and makes one more.
   */
  admit<Admitted>(facts: SessionFacts, attempt: (facts: SessionFacts) => Promise<Admitted | undefined>, viewId?: string): Promise<Admitted>
  /** Why the session may not be used now, if it may not. */
  findWhy(sessionId: string): Promise<Unusable | undefined>
  /** For each of these sessions that may not be used now: why. */
  findUnusable(sessionIds: readonly string[]): Promise<Map<string, Unusable>>
}

export const newAdmission = (base: Base): Admission => {
  const { store } = base
  const clock = newAuthorityClock()
  const known = newFacts(store, clock)

  const handOver = newHandOver(base)
  const findClosed = async (viewId: string | undefined): Promise<Unusable | undefined> =>
    viewId === undefined ? undefined : (await handOver.findClosed([viewId])).get(viewId)

  /** Why the session may not be used now. A revocation that is under way is waited for: it decides. */
  const findWhy = newGatherer<Unusable>(async (sessionIds) => {
    await awaitRevocations(store.db, sessionIds)
    return findUnusable(store, clock, sessionIds)
  })

  return {
    findFacts: known.find,
    handOver,
    admit: async (facts, attempt, viewId) => {
      const first = await attempt(facts)
      if (first) return first
      known.forget(facts.token_hash)
      const why = (await findWhy(facts.id)) ?? (await findClosed(viewId))
      if (why) throw new Refusal(why)
      const fresh = await known.find(facts.token_hash)
      if (!fresh) throw new Refusal('token_refused')
      const second = await attempt(fresh)
      if (second) return second
      throw new Refusal((await findWhy(facts.id)) ?? 'staff_not_allowed')
    },
    findWhy,
    findUnusable: (sessionIds) => findUnusable(store, clock, sessionIds),
  }
}
