import { sql } from 'kysely'
import type { Store } from '../store/open.ts'

/**
 * What is written into the events of a session, and never changes in it. It is remembered to build the events with; it
 * decides nothing: the admission asks the primary, and asks it too whether these facts are still true.
 */
export type SessionFacts = {
  readonly id: string
  readonly token_hash: string
  readonly tenant_id: string
  readonly target_user_id: string | null
  readonly ticket: string | null
  readonly scopes: ReadonlySet<string>
  readonly staff: { kind: 'staff'; id: string; issuer: string; subject: string; email: string; name: string }
}

export type FactsSource = {
  find(tokenHash: string): SessionFacts | undefined | Promise<SessionFacts | undefined>
  forget(tokenHash: string): void
}

const remembered = 10_000

type Row = Omit<SessionFacts, 'scopes' | 'staff' | 'token_hash'> & {
  scopes: string[]
  staff_id: string
  issuer: string
  subject: string
  email: string
  name: string
}

/** Reads the facts of a session by the hash of its token. */
const readFacts = async (store: Store, tokenHash: string): Promise<SessionFacts | undefined> => {
  const { rows } = await sql<Row>`
    select s.id, s.tenant_id, s.target_user_id, s.ticket, s.scopes, m.id as staff_id, m.issuer, m.subject, m.email, m.name
    from support_sessions s join staff m on m.id = s.staff_id
    where s.token_hash = decode(${tokenHash}, 'hex')`.execute(store.db)
  const [row] = rows
  if (!row) return undefined
  const { id, tenant_id, target_user_id, ticket, scopes, staff_id, issuer, subject, email, name } = row
  const staff = { kind: 'staff', id: staff_id, issuer, subject, email, name } as const
  return { id, token_hash: tokenHash, tenant_id, target_user_id, ticket, scopes: new Set(scopes), staff }
}

export const newFacts = (store: Store): FactsSource => {
  const known = new Map<string, SessionFacts>()
  return {
    find: (tokenHash) =>
      known.get(tokenHash) ??
      readFacts(store, tokenHash).then((facts) => {
        if (facts) {
          const oldest = known.size >= remembered ? known.keys().next().value : undefined
          if (oldest !== undefined) known.delete(oldest)
          known.set(tokenHash, facts)
        }
        return facts
      }),
    forget: (tokenHash) => void known.delete(tokenHash),
  }
}
