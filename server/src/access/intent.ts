import type { EventName, NewEvent, NewEventOf } from '@countersign/contract/events.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { recommit } from '../audit/commit.ts'
import type { Tables } from '../store/tables.ts'
import type { Base } from './ctx.ts'

/**
 * Something that is on the record before it is done, and again when it is known what came of it. Both events name the same
 * request. Where the program ended in between, nobody knows, and that is what is recorded: each intent has an outcome.
 */
export type Intent<B extends EventName> = {
  begun: B
  /** Any one of these is its outcome. */
  ended: readonly EventName[]
  /** The outcome that nobody knows. What is erasable of the first event it commits to again. */
  unknown(begun: NewEventOf<B> & { id: string }): NewEvent
}

type Entries = 'begun' | 'ended'

/**
 * Records an unknown outcome for each intent that has none in the log, and returns how many. `among` narrows both events, by the
 * columns of the log's index. Only who knows that nobody else will record an outcome any more may ask, with a log that has
 * caught up; and once, by a claim in the same transaction.
 */
export const closeOpen = async <B extends EventName>(
  tx: Kysely<Tables>,
  { journal }: Pick<Base, 'journal'>,
  intent: Intent<B>,
  among: (entries: Entries) => RawBuilder<unknown>,
): Promise<number> => {
  const { rows } = await sql<{ body: string }>`
    select e.body from log_entries begun join events e on e.n = begun.event_n
    where begun.action = ${intent.begun} and ${among('begun')}
      and not exists (
        select from log_entries ended
        where ended.request_id = begun.request_id and ended.action = any(${[...intent.ended]}::text[]) and ${among('ended')}
      )
    order by begun.log_index`.execute(tx)
  if (rows.length > 0) {
    await journal.recordAll(
      tx,
      rows.map(({ body }) => intent.unknown(recommit(body))),
    )
  }
  return rows.length
}
