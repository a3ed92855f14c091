import type { EventRequest } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import type { Journal } from '../../audit/record.ts'
import type { Store } from '../../store/open.ts'
import { transaction } from '../../store/transaction.ts'
import { newBudget } from '../budget.ts'
import { hashSecret } from '../secret.ts'
import type { SignInRefusal } from './refusal.ts'

const strangers = newBudget(120)

/**
 * Records a refused sign-in. Where its code has already made one, somebody else holds that code too: the sign-in made with it
 * ends here and now (AN-7).
 */
export const denySignIn = async (
  needs: { store: Store; journal: Journal },
  refusal: SignInRefusal,
  { code, request }: { code: string | null; request: EventRequest },
): Promise<void> => {
  await transaction(needs.store, async (tx) => {
    const ended =
      code === null
        ? undefined
        : await tx
            .updateTable('staff_sessions')
            .set({ ended_at: sql`clock_timestamp()`, ended_why: 'its code was used again' })
            .where('code_hash', '=', hashSecret(code))
            .where('ended_at', 'is', null)
            .returning('staff_id')
            .executeTakeFirst()
    const unrecorded = ended ? 0 : strangers.take()
    if (unrecorded === undefined) return
    await needs.journal.record(tx, {
      action: 'AUTH.DENIED',
      result: 'deny',
      actor: { kind: 'anonymous', id: 'anonymous' },
      ...(ended ? { target: { kind: 'staff', id: ended.staff_id } } : {}),
      code: refusal.code,
      note: ended ? `${refusal.note}; the sign-in made with this code was ended` : refusal.note,
      request,
      ...(unrecorded > 0 ? { details: { unrecorded } } : {}),
    })
  })
}
