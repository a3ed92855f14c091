import type { Role } from '@countersign/contract/staff.ts'
import type { Base } from '../access/ctx.ts'
import { Refusal } from '../errors.ts'
import { newAuthorityClock } from './clock.ts'
import { type FactsSource, newFacts, type SessionFacts } from './facts.ts'
import { newGatherer } from './gather.ts'
import { awaitRevocations } from './order.ts'
import { type Look, lookAt } from './standing.ts'
import { type HandOver, newHandOver } from './views/hand-over.ts'

/** A scope, where one is needed, the roles that may have it (ceiling.ts), and the view that it is asked from, where it is one. */
export type Needed = { scope: string | null; roles: readonly Role[]; view_id?: string | undefined }

/** What a door asks about sessions. The primary answers. */
export type Admission = {
  /** Which session a token belongs to. Whether it may be used is not asked here. */
  findFacts: FactsSource['find']
  /** Views of the product in browsers. */
  handOver: HandOver
  /**
   * Makes an attempt to record a request as admitted, which answers undefined where the database did not admit it; then refuses
   * with the reason. Where what is remembered of the session has changed, reads it again and makes one more.
   */
  admit<Admitted>(facts: SessionFacts, needed: Needed, attempt: (facts: SessionFacts) => Promise<Admitted | undefined>): Promise<Admitted>
  /** How the session stands. A revocation that is under way is waited for: it decides. */
  look(sessionId: string): Promise<Look>
  /** How these sessions stand now. */
  lookAt(sessionIds: readonly string[]): Promise<Map<string, Look>>
}

/** Whether somebody with these roles may have what one of `allowed` is needed for. */
export const mayHave = (roles: readonly Role[], allowed: readonly Role[]): boolean => allowed.some((role) => roles.includes(role))

export const newAdmission = (base: Base): Admission => {
  const { store } = base
  const clock = newAuthorityClock()
  const known = newFacts(store, clock)
  const handOver = newHandOver(base)
  const gathered = newGatherer<Look>(async (sessionIds) => {
    await awaitRevocations(store.db, sessionIds)
    return lookAt(store, clock, sessionIds)
  })
  const look = async (sessionId: string): Promise<Look> => (await gathered(sessionId)) ?? { code: 'token_refused' }

  const requireUsable = async ({ id }: SessionFacts, { scope, roles: allowed, view_id }: Needed): Promise<void> => {
    const found = await look(id)
    if (found.code) throw new Refusal(found.code)
    const closed = view_id === undefined ? undefined : (await handOver.findClosed([view_id])).get(view_id)
    if (closed) throw new Refusal(closed)
    if (!mayHave(found.roles, allowed)) throw new Refusal('scope_missing', { scope: scope ?? undefined })
  }

  return {
    findFacts: known.find,
    handOver,
    admit: async (facts, needed, attempt) => {
      const first = await attempt(facts)
      if (first) return first
      known.forget(facts.token_hash)
      await requireUsable(facts, needed)
      const fresh = await known.find(facts.token_hash)
      if (!fresh) throw new Refusal('token_refused')
      const second = await attempt(fresh)
      if (second) return second
      await requireUsable(facts, needed)
      throw new Refusal('staff_not_allowed')
    },
    look,
    lookAt: (sessionIds) => lookAt(store, clock, sessionIds),
  }
}
