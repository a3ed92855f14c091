import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { Order } from './perform.ts'

type Noted = { outcome: 'done' | 'failed' | 'repeated' | 'refused'; code?: string | null }

/** Written down before it is handled. Answers its number. */
export async function noteCall(db: Kysely<Tables>, { id, act, target, requestedBy }: Order): Promise<string> {
  const { seq } = await db
    .insertInto('support_calls')
    .values({ act_id: id, act, target_kind: target.kind, target_id: target.id, requested_by: requestedBy, outcome: null, code: null })
    .returning('seq')
    .executeTakeFirstOrThrow()
  return seq
}

export async function noteOutcome(db: Kysely<Tables>, seq: string, { outcome, code = null }: Noted): Promise<void> {
  await db.updateTable('support_calls').set({ outcome, code }).where('seq', '=', seq).execute()
}
