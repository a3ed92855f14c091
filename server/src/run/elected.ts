import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'

/** The right to do what one process at a time may do. `fence` tells one holder from the next. */
export type Lease = { name: string; holder: string; fence: string; seconds: number }

/** Somebody else was elected, or the lease ran out and must be taken anew. */
export class LostLease extends Error {
  override name = 'LostLease'
}

const now = sql<Date>`clock_timestamp()`
const endOf = (seconds: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})`

/** Takes the lease where nobody else holds it, with a new fence; undefined where somebody does. The database's clock decides. */
export const takeLease = async (db: Kysely<Tables>, { name, holder, seconds }: Omit<Lease, 'fence'>): Promise<Lease | undefined> => {
  const { rows } = await sql<{ fence: string }>`
    with taken as (
      update leases set holder = ${holder}, fence = fence + 1, expires_at = ${endOf(seconds)}
      where name = ${name} and (holder = ${holder} or expires_at <= ${now})
      returning fence
    ), made as (
      insert into leases (name, holder, expires_at) values (${name}, ${holder}, ${endOf(seconds)})
      on conflict (name) do nothing
      returning fence
    )
    select fence from taken union all select fence from made`.execute(db)
  return rows[0] && { name, holder, fence: rows[0].fence, seconds }
}

/** Keeps the lease for another while; false where it was lost. */
export const renewLease = async (db: Kysely<Tables>, { name, fence, seconds }: Lease): Promise<boolean> => {
  const done = await db
    .updateTable('leases')
    .set({ expires_at: endOf(seconds) })
    .where('name', '=', name)
    .where('fence', '=', fence)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/**
 * Keeps the lease, and its row locked for the rest of the transaction: until it ends nobody else can be elected. A holder that
 * was paused for longer than its lease fails here; one that is paused while it has the lock is ended by the database.
 */
export const holdLease = async (tx: Kysely<Tables>, lease: Lease): Promise<void> => {
  await sql`set local idle_in_transaction_session_timeout = ${sql.lit(lease.seconds * 1000)}`.execute(tx)
  await sql`set local lock_timeout = 1000`.execute(tx)
  if (!(await renewLease(tx, lease))) throw new LostLease(`the lease of the ${lease.name} has run out`)
}

/** Gives the lease up, so that another one need not wait. */
export const releaseLease = async (db: Kysely<Tables>, { name, fence }: Lease): Promise<void> => {
  await db.updateTable('leases').set({ expires_at: now }).where('name', '=', name).where('fence', '=', fence).execute()
}

export type Elected = {
  /**
   * Does the work if this is the process that is elected; undefined where another one is. Whatever the work writes, it writes
   * in transactions that hold the lease. The same lease comes again until work fails.
   */
  lead<T>(work: (lease: Lease) => Promise<T>): Promise<T | undefined>
  release(): Promise<void>
}

type Settings = {
  store: Pick<Store, 'db'>
  /** What one process at a time may do. */
  name: string
  /** How long one that fell silent keeps the others waiting: longer than the work goes on between two transactions. */
  seconds: number
  holder?: string
}

/** One process at a time among all that share the database. */
export const newElected = ({ store: { db }, name, seconds, holder = randomUUID() }: Settings): Elected => {
  let held: Lease | undefined
  let keptMs = 0
  /** False after a failure: what failed may still be under way in the database. Taking the lease anew waits for it. */
  let isSure = false

  /** Renewed when a third of it is over: not at every look. */
  const keep = async (): Promise<Lease | undefined> => {
    const askedMs = performance.now()
    if (held && isSure && askedMs - keptMs < (seconds * 1000) / 3) return held
    if (!(held && isSure && (await renewLease(db, held)))) held = await takeLease(db, { name, holder, seconds })
    keptMs = askedMs
    isSure = true
    return held
  }
  return {
    lead: async (work) => {
      const lease = await keep()
      if (!lease) return undefined
      try {
        return await work(lease)
      } catch (error) {
        isSure = false
        throw error
      }
    },
    async release() {
      const leaving = held
      held = undefined
      if (leaving) await releaseLease(db, leaving)
    },
  }
}
