import type { NewEventOf } from '@countersign/contract/events.ts'
import type { Journal } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import { actorOf, type StaffPrincipal } from '../identity/principal.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import type { Asker, Connector } from './connector.ts'

export type LookUpNeeds = { store: Store; journal: Journal; connector: Connector }

export const askerOf = (principal: StaffPrincipal): Asker => ({ sub: principal.id, email: principal.email })

type AttemptOf<N extends 'CONSOLE.OPENED' | 'USER.SEARCHED' | 'TENANT.USERS.LISTED'> = {
  [K in N]: Omit<NewEventOf<K>, 'result' | 'actor' | 'code' | 'note'>
}[N]
type Attempt = AttemptOf<'CONSOLE.OPENED' | 'USER.SEARCHED' | 'TENANT.USERS.LISTED'>

/**
 * Asks the directory for a person. A look-up that finds nothing or fails is on the record like one that succeeds;
 * where it cannot be recorded, the store's refusal takes the place of the directory's.
 */
export const lookUp = async <T>(
  needs: LookUpNeeds,
  principal: StaffPrincipal,
  attempt: Attempt,
  ask: () => Promise<T | undefined>,
): Promise<T> => {
  try {
    const found = await ask()
    if (found === undefined) throw new Refusal('not_found')
    return found
  } catch (error) {
    const code = error instanceof Refusal ? error.code : 'internal'
    await transaction(needs.store, (tx) =>
      needs.journal.record(tx, {
        ...attempt,
        result: code === 'not_found' ? 'deny' : 'error',
        actor: actorOf(principal),
        code,
        note: code === 'not_found' ? 'no such thing in the directory' : 'the directory did not answer as it should',
      }),
    )
    throw error
  }
}
