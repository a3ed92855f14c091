import type { EventRequest } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import { newBudget } from '../../access/budget.ts'
import type { Base } from '../../access/ctx.ts'
import { deny } from '../../access/deny.ts'
import { anonymous } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { hashSecret } from '../secret.ts'
import type { SignInRefusal } from './refusal.ts'

const strangers = newBudget(120)

/**
 * Refuses a sign-in on the record. Where its code has already made one, somebody else holds that code too: the sign-in made with it
 * ends here and now (AN-7). Unless it is that very sign-in's browser that repeats itself, by back, reload or a restored tab.
 */
export const denySignIn = (
  base: Base,
  refusal: SignInRefusal,
  { code, previous, request }: { code: string | null; previous: string | undefined; request: EventRequest },
): Promise<never> =>
  transact<never>(base, async (tx) => {
    const ended =
      code === null
        ? undefined
        : await tx
            .updateTable('staff_sessions')
            .set({ ended_at: sql`clock_timestamp()`, ended_why: 'its code was used again' })
            .where('code_hash', '=', hashSecret(code))
            .where('ended_at', 'is', null)
            .$if(previous !== undefined, (query) => query.where('token_hash', '<>', hashSecret(previous as string)))
            .returning('staff_id')
            .executeTakeFirst()
    const attempt = { action: 'AUTH.DENIED', actor: anonymous, note: refusal.note, request } as const
    if (!ended) return deny(refusal, attempt, { budget: strangers })
    return deny(refusal, {
      ...attempt,
      target: { kind: 'staff', id: ended.staff_id },
      note: `${refusal.note}; the sign-in made with this code was ended`,
    })
  })
