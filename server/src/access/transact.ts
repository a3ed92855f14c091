import type { Transaction } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import type { Base } from './ctx.ts'
import { Denied } from './deny.ts'

/** Runs `work`. A denial that it throws is on the record before its refusal reaches anybody. */
export const onRecord = async <T>({ store, journal }: Base, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Denied)) throw error
    const { event, refusal } = error
    if (event) await transaction(store, (tx) => journal.record(tx, event))
    throw refusal
  }
}

/**
 * One transaction: all of it or nothing. Refusing follows from that. A denial that is *thrown* undoes what was written,
 * and is recorded after it. A denial that is *returned* commits with what was written, where that is a part of the refusal: the
 * end of a sign-in that has run out.
 */
export const transact = async <T>(base: Base, work: (tx: Transaction<Tables>) => Promise<T | Denied>): Promise<T> =>
  await onRecord(base, async () => {
    const done = await transaction(base.store, async (tx) => {
      const answer = await work(tx)
      if (answer instanceof Denied && answer.event) await base.journal.record(tx, answer.event)
      return answer
    })
    if (done instanceof Denied) throw done.refusal
    return done
  })
