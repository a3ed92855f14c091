import { setTimeout as wait } from 'node:timers/promises'
import type { IsolationLevel, Kysely, Transaction } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Store } from './open.ts'
import type { Tables } from './tables.ts'

const retries = 5

/** A serialisation failure or a deadlock: the server undid everything, so the whole may be tried again. */
const isCollision = (error: unknown): boolean => ['40001', '40P01'].includes((error as { code?: string }).code ?? '')

const heard = new WeakMap<Kysely<Tables>, (() => void)[]>()

/** Has `hear` called once this transaction is committed: not before, and never where it is not. */
export const afterCommit = (tx: Kysely<Tables>, hear: () => void): void => void heard.get(tx)?.push(hear)

/**
 * Runs `work` in one transaction: all of it or nothing. Collisions are retried with jitter, but never once the COMMIT was
 * sent. So `work` may run several times and must do nothing that a rollback does not undo.
 */
export const transaction = async <T>(
  store: Pick<Store, 'db'>,
  work: (tx: Transaction<Tables>) => Promise<T>,
  { isolation }: { isolation?: IsolationLevel } = {},
): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    let committing = false
    const hearing: (() => void)[] = []
    try {
      const begin = isolation ? store.db.transaction().setIsolationLevel(isolation) : store.db.transaction()
      const result = await begin.execute(async (tx) => {
        heard.set(tx, hearing)
        const done = await work(tx)
        committing = true
        return done
      })
      for (const hear of hearing) hear()
      return result
    } catch (error) {
      if (!isCollision(error)) throw error
      if (committing || attempt >= retries) throw new Refusal('conflict', { cause: error })
      await wait(Math.random() * 10 * 2 ** attempt)
    }
  }
}
