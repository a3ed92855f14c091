import { isDeepStrictEqual } from 'node:util'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { Acme } from '../acme.ts'
import type { Database } from '../database/open.ts'
import type { Tables } from '../database/tables.ts'
import { Problem } from '../problem.ts'
import { type ActOn, acts, type Outcome } from './table.ts'

export type Order = {
  id: string
  act: string
  target: { kind: 'user' | 'tenant'; id: string }
  parameters: { session_id?: string | undefined }
  requestedBy: string
  approvedBy: string[]
  /** No effect after this: in seconds, as in the token. */
  deadline: number
}

export type Answer = {
  id: string
  act: string
  target: { kind: 'user' | 'tenant'; id: string }
  status: 'done' | 'failed'
  count: number | null
  code: string | null
  message: string | null
  at: string
}

type Row = Selectable<Tables['support_acts']>

export type Performed = { answer: Answer; repeated: boolean }

/**
 * Has the effect once for an id, or answers what came of it before. Effect and record are one transaction, so a crash leaves both or
 * neither. `noted` runs in it too.
 */
export const perform = (
  acme: Acme,
  order: Order,
  noted: (tx: Transaction<Tables>, outcome: Outcome) => Promise<void>,
): Promise<Performed> =>
  acme.database.db.transaction().execute(async (tx) => {
    await lockId(tx, order.id)
    const earlier = await find(tx, order.id)
    if (earlier) {
      requireSame(earlier, order)
      return { answer: answerOf(earlier), repeated: true }
    }
    await lockTarget(tx, order.target)
    const on: ActOn = { tx, auth: acme.authIn(tx), targetId: order.target.id, sessionId: order.parameters.session_id }
    const outcome = await (acts[order.act] as (typeof acts)[string]).have(on)
    const kept = await keep(tx, order, outcome)
    await noted(tx, outcome)
    // Last, because a lock may have taken long: whoever asks after the deadline and is told "never heard of" relies on it.
    if (Date.now() / 1000 > order.deadline) throw new Problem('bad_assertion', 'it expired before the act was done')
    return { answer: answerOf(kept), repeated: false }
  })

/** Undefined when the id was never claimed. Waits for an act that is under way, so that it is not taken for one that never was. */
export const recall = ({ db }: Database, id: string): Promise<Answer | undefined> =>
  db.transaction().execute(async (tx) => {
    await lockId(tx, id)
    const row = await find(tx, id)
    return row && answerOf(row)
  })

/** One at a time for an id, on all instances. */
async function lockId(tx: Transaction<Tables>, id: string): Promise<void> {
  try {
    await sql`SELECT set_config('lock_timeout', '4s', true)`.execute(tx)
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`acme.act ${id}`}, 0))`.execute(tx)
  } catch (error) {
    if ((error as { code?: string }).code === lockNotAvailable) throw new Problem('act_under_way', 'this act is under way; ask again')
    throw error
  }
}

const lockNotAvailable = '55P03'

/** A tenant's act excludes those of its users, and a user's act the sign-ins of that user. */
async function lockTarget(tx: Transaction<Tables>, { kind, id }: Order['target']): Promise<void> {
  const found =
    kind === 'tenant'
      ? await sql`SELECT 1 FROM organization WHERE id = ${id} FOR UPDATE`.execute(tx)
      : await sql`
          SELECT 1 FROM member m JOIN organization o ON o.id = m."organizationId" JOIN "user" u ON u.id = m."userId"
          WHERE u.id = ${id} FOR SHARE OF o FOR NO KEY UPDATE OF u`.execute(tx)
  if (found.rows.length === 0) throw new Problem('not_found', `no such ${kind}`)
}

const find = (tx: Transaction<Tables>, id: string): Promise<Row | undefined> =>
  tx.selectFrom('support_acts').selectAll().where('id', '=', id).executeTakeFirst()

function requireSame(row: Row, { act, target, parameters }: Order): void {
  const kept = [row.act, row.target_kind, row.target_id, row.parameters]
  if (!isDeepStrictEqual(kept, [act, target.kind, target.id, parameters]))
    throw new Problem('key_reused', 'this id stands for another act, target or parameters')
}

const keep = (tx: Transaction<Tables>, order: Order, outcome: Outcome): Promise<Row> =>
  tx
    .insertInto('support_acts')
    .values({
      id: order.id,
      act: order.act,
      target_kind: order.target.kind,
      target_id: order.target.id,
      parameters: JSON.stringify(order.parameters),
      count: null,
      code: null,
      message: null,
      ...outcome,
      at: new Date(),
      requested_by: order.requestedBy,
      approved_by: order.approvedBy,
    })
    .returningAll()
    .executeTakeFirstOrThrow()

const answerOf = ({ id, act, target_kind, target_id, status, count, code, message, at }: Row): Answer => ({
  id,
  act,
  target: { kind: target_kind, id: target_id },
  status,
  count,
  code,
  message,
  at: at.toISOString(),
})
