import type { NewEventOf } from '@countersign/contract/events.ts'
import type { Ctx } from '../access/ctx.ts'
import { isMiss, miss } from '../access/deny.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { Refusal } from '../errors.ts'
import { transaction } from '../store/transaction.ts'
import type { Asker, Connector } from './connector.ts'
import type { BadRow } from './rows.ts'

/** Somebody asks the product's own directory. */
export type LookUpCtx = Ctx<StaffPrincipal> & { connector: Connector }

export const askerOf = (principal: StaffPrincipal): Asker => ({ sub: principal.id, email: principal.email })

type AttemptOf<N extends 'CONSOLE.OPENED' | 'USER.SEARCHED' | 'TENANT.USERS.LISTED'> = {
  [K in N]: Omit<NewEventOf<K>, 'result' | 'actor' | 'code' | 'note'>
}[N]
type Attempt = AttemptOf<'CONSOLE.OPENED' | 'USER.SEARCHED' | 'TENANT.USERS.LISTED'>

/** What the record of a look-up says of rows that nobody was shown by. */
export const noteUnread = (rows: readonly BadRow[]): { unreadable?: number } => (rows.length === 0 ? {} : { unreadable: rows.length })

/**
 * Asks the directory for a person. A look-up that finds nothing or fails is on the record like one that succeeds;
 * where it cannot be recorded, the store's refusal takes the place of the directory's.
 */
export const lookUp = async <T>(ctx: LookUpCtx, attempt: Attempt, ask: () => Promise<T | undefined>): Promise<T> => {
  const actor = actorOf(ctx.principal)
  try {
    const found = await ask()
    if (found === undefined) throw new Refusal('not_found')
    return found
  } catch (error) {
    if (isMiss(error)) throw miss({ ...attempt, actor, note: 'no such thing in the directory' })
    const code = error instanceof Refusal ? error.code : 'internal'
    const note = 'the directory did not answer as it should'
    await transaction(ctx.store, (tx) => ctx.journal.record(tx, { ...attempt, result: 'error', actor, code, note }))
    throw error
  }
}
