import { createAccount, type DisclosureAccount } from '@countersign/log/account.ts'
import { digestsIn } from '@countersign/log/disclosure.ts'
import type { Finding } from '@countersign/log/verifier.ts'
import { type Kysely, sql } from 'kysely'
import { type Entry, readDisclosures } from '../audit/disclose.ts'
import type { Tables } from '../store/tables.ts'

/** The events that commit to everything which is kept for a session, and for a request. */
const openers = ['SUPPORT_SESSION.CREATED', 'IMPERSONATE.STARTED']
const admitted = ['SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.ASSET.ADMITTED']

type Event = Entry & { action?: string }

/** For what an event is the first to commit: for what is kept for these it has to answer. */
const ownedBy = ({ id, action = '', request, session_id }: Event): string[] => [
  id,
  ...(openers.includes(action) && session_id ? [session_id] : []),
  ...(admitted.includes(action) && request ? [request.id] : []),
]

/** Judges what lies beside the entries of a database, in the order of the log, and counts it. */
export const createBeside = (tx: Kysely<Tables>, add: (finding: Finding) => void) => {
  const account = createAccount()

  /** What is kept that no event ever committed to: for whatever is not in the log, nor about to be. */
  const findStrays = async (): Promise<void> => {
    const { rows } = await sql<{ holder: string; member: string }>`
      select d.holder, d.member from disclosures d
      where not exists (select from log_entries e where e.event_id = d.holder)
        and not exists (select from log_entries e where e.session_id = d.holder and e.action = any(${openers}::text[]))
        and not exists (select from log_entries e where e.request_id = d.holder and e.action = any(${admitted}::text[]))
        and not exists (
          select from events e where not exists (select from log_entries l where l.event_n = e.n) and strpos(e.body, d.holder) > 0)
      limit 1000`.execute(tx)
    for (const { holder, member } of rows)
      add({ code: 'disclosure_mismatch', reason: `A disclosure of ${member} is kept for ${holder}, to which no entry commits.` })
  }

  return {
    /** Events by their places in the log. */
    async judge(events: readonly (readonly [index: number, event: Event])[]): Promise<void> {
      const beside = await readDisclosures(
        tx,
        events.map(([, event]) => event),
      )
      for (const [index, event] of events) {
        const digests = digestsIn(event)
        const missing = new Map([...digests].filter(([member, digest]) => !beside.find(event, member, digest)))
        account.add(index, event, digests.size - missing.size, missing)
        for (const row of ownedBy(event).flatMap(beside.keptFor)) {
          if (digests.get(row.member) === row.digest) continue
          const reason = digests.has(row.member)
            ? `The disclosure of ${row.member} is not the one that the entry commits to.`
            : `A disclosure of ${row.member} belongs to another entry.`
          add({ code: 'disclosure_mismatch', from: index, to: index + 1, reason })
        }
      }
    },
    async finish(): Promise<DisclosureAccount> {
      await findStrays()
      return account.finish()
    },
  }
}
