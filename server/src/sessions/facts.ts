import { sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { AuthorityClock } from './clock.ts'
import type { Digests } from './digests.ts'
import { newGatherer } from './gather.ts'

/**
 * What is written into the events of a session, and changes in it at most once, when a ticket is added. It is remembered to build the events with; it
 * decides nothing: the admission asks the primary, and asks it too whether these facts are still true.
 */
export type SessionFacts = {
  readonly id: string
  readonly token_hash: string
  readonly tenant_id: string
  readonly target_user_id: string | null
  readonly digests: Digests
  readonly scopes: ReadonlySet<string>
  /** Hex, where it may be used from one address alone: see address.ts. */
  readonly address_hash: string | null
  readonly staff: { kind: 'staff'; id: string; issuer: string; subject: string; email: string; name: string }
}

export type FactsSource = {
  find(tokenHash: string): SessionFacts | undefined | Promise<SessionFacts | undefined>
  forget(tokenHash: string): void
}

const factsMaximum = 10_000

type Row = Omit<SessionFacts, 'scopes' | 'staff'> & {
  now_ms: number
  scopes: string[]
  staff_id: string
  issuer: string
  subject: string
  email: string
  name: string
}

/** Reads the facts of sessions by the hashes of their tokens. */
const readFacts = async (store: Store, clock: AuthorityClock, tokenHashes: readonly string[]): Promise<Map<string, SessionFacts>> => {
  const sentMs = performance.now()
  const { rows } = await sql<Row>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as now_ms, encode(s.token_hash, 'hex') as token_hash, s.id, s.tenant_id, s.target_user_id, s.digests, s.scopes, encode(s.address_hash, 'hex') as address_hash,
      m.id as staff_id, m.issuer, m.subject, m.email, m.name
    from support_sessions s join staff m on m.id = s.staff_id
    where s.token_hash = any(${tokenHashes.map((hash) => Buffer.from(hash, 'hex'))}::bytea[])`.execute(store.db)
  const databaseMs = rows[0]?.now_ms
  if (databaseMs !== undefined) clock.read({ sentMs, heardMs: performance.now(), databaseMs })
  return new Map(
    rows.map(({ now_ms: _, scopes, staff_id, issuer, subject, email, name, ...row }) => {
      const staff = { kind: 'staff', id: staff_id, issuer, subject, email, name } as const
      return [row.token_hash, { ...row, scopes: new Set(scopes), staff }]
    }),
  )
}

/** What it reads of the database's clock it tells `clock`. */
export const newFacts = (store: Store, clock: AuthorityClock): FactsSource => {
  const known = new Map<string, SessionFacts>()
  // Tokens that nobody was given cost no more, and those that are real are found among them.
  const lookUp = newGatherer((tokenHashes) => readFacts(store, clock, tokenHashes))
  return {
    find: (tokenHash) =>
      known.get(tokenHash) ??
      lookUp(tokenHash).then((facts) => {
        if (facts) {
          const oldest = known.size >= factsMaximum ? known.keys().next().value : undefined
          if (oldest !== undefined) known.delete(oldest)
          known.set(tokenHash, facts)
        }
        return facts
      }),
    forget: (tokenHash) => void known.delete(tokenHash),
  }
}
