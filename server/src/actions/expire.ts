import { sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { transact } from '../access/transact.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import { recordOf } from './record-of.ts'

const batch = 100

/** Puts on the record that requests have run out, each once. Nothing depends on it: an approval counts by the database's clock alone. */
export const noteExpiredRequests = async (base: Base): Promise<number> => {
  for (let noted = 0; ; ) {
    const count = await transact(base, async (tx) => {
      const { rows } = await sql<{ id: string }>`
        update action_requests set state = 'expired', state_at = expires_at
        where id in (
          select id from action_requests where state in ('pending', 'approved') and expires_at <= clock_timestamp()
          order by expires_at limit ${batch} for update skip locked)
        returning id`.execute(tx)
      for (const { id } of rows)
        await recordOf(tx, base, id, { action: 'ACTION.EXPIRED', result: 'ok', actor: { kind: 'system', id: 'expiry' } })
      return rows.length
    })
    noted += count
    if (count < batch) return noted
  }
}

/** Notes what has run out every few seconds until it is stopped. */
export const startExpiringRequests = (base: Base & { log: LoopLog }, { everyMs = 5_000 } = {}): Loop =>
  startLoop({
    name: 'action requests',
    everyMs,
    log: base.log,
    pass: async () => {
      await noteExpiredRequests(base)
      return undefined
    },
  })
