import type { NewEventOf } from '@countersign/contract/events.ts'
import { type Kysely, sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { recommit } from '../audit/commit.ts'
import { newId } from '../ids.ts'
import type { Tables } from '../store/tables.ts'

type Admitted = NewEventOf<'SUPPORT_SESSION.ASSET.ADMITTED'> & { id: string }

/** An entry of the log has room for 65,535 bytes. */
const filesMaximum = 200

const note = 'The program ended before the outcomes were recorded.'

/** What is said of files of one session. All of them say the same of whose they are. */
const unknownEvent = (admitted: readonly [Admitted, ...Admitted[]]): NewEventOf<'SUPPORT_SESSION.ASSET.LOADED'> => {
  const { actor, tenant_id, target, session_id, ticket } = admitted[0]
  return {
    action: 'SUPPORT_SESSION.ASSET.LOADED',
    result: 'error',
    ...{ actor, tenant_id, target, session_id, ticket, note },
    code: 'outcome_unknown',
    request: { id: newId('request'), method: 'GET' },
    details: {
      count: admitted.length,
      statuses: {},
      files: admitted.map(({ request: { id } }) => ({ id, code: 'outcome_unknown' })),
    },
  }
}

/** Files of each session together, as many as an event can hold. */
const together = (admitted: readonly Admitted[]): [Admitted, ...Admitted[]][] => {
  const groups: [Admitted, ...Admitted[]][] = []
  for (const each of admitted) {
    const last = groups.at(-1)
    if (last && last.length < filesMaximum && last[0].session_id === each.session_id) last.push(each)
    else groups.push([each])
  }
  return groups
}

/**
 * Records for static files of these sessions that no event names as loaded that nobody knows what became of them; of those admitted
 * before an instant, if one is given. Who may ask when is said in outcomes.ts. Returns how many files there were.
 */
export const closeFiles = async (
  tx: Kysely<Tables>,
  { journal }: Base,
  sessionIds: readonly string[],
  before: string | null,
): Promise<number> => {
  const { rows } = await sql<{ body: string }>`
    select e.body from log_entries begun join events e on e.n = begun.event_n
    where begun.action = 'SUPPORT_SESSION.ASSET.ADMITTED' and begun.session_id = any(${sessionIds}::text[])
      and (${before}::timestamptz is null or begun.occurred_at < ${before}::timestamptz)
      and begun.request_id not in (
        select file ->> 'id' from log_entries ended join events loaded on loaded.n = ended.event_n,
          json_array_elements(loaded.body::json #> '{details,files}') file
        where ended.action = 'SUPPORT_SESSION.ASSET.LOADED' and ended.session_id = any(${sessionIds}::text[])
      )
    order by begun.session_id, begun.log_index`.execute(tx)
  const admitted = rows.map(({ body }) => recommit<Admitted>(body))
  if (admitted.length > 0) await journal.recordAll(tx, together(admitted).map(unknownEvent))
  return admitted.length
}
