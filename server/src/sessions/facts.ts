import { sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Digests } from './digests.ts'

/**
 * What is written into the events of a session, and never changes in it. It is remembered to build the events with; it
 * decides nothing: the admission asks the primary, and asks it too whether these facts are still true.
 */
export type SessionFacts = {
  readonly id: string
  readonly token_hash: string
  readonly tenant_id: string
  readonly target_user_id: string | null
  readonly digests: Digests
  readonly scopes: ReadonlySet<string>
  readonly staff: { kind: 'staff'; id: string; issuer: string; subject: string; email: string; name: string }
}

export type FactsSource = {
  find(tokenHash: string): SessionFacts | undefined | Promise<SessionFacts | undefined>
  forget(tokenHash: string): void
}

const factsMaximum = 10_000
const tokensMaximum = 256

type Row = Omit<SessionFacts, 'scopes' | 'staff'> & {
  scopes: string[]
  staff_id: string
  issuer: string
  subject: string
  email: string
  name: string
}

/** Reads the facts of sessions by the hashes of their tokens. */
const readFacts = async (store: Store, tokenHashes: readonly string[]): Promise<Map<string, SessionFacts>> => {
  const { rows } = await sql<Row>`
    select encode(s.token_hash, 'hex') as token_hash, s.id, s.tenant_id, s.target_user_id, s.digests, s.scopes,
      m.id as staff_id, m.issuer, m.subject, m.email, m.name
    from support_sessions s join staff m on m.id = s.staff_id
    where s.token_hash = any(${tokenHashes.map((hash) => Buffer.from(hash, 'hex'))}::bytea[])`.execute(store.db)
  return new Map(
    rows.map(({ scopes, staff_id, issuer, subject, email, name, ...row }) => {
      const staff = { kind: 'staff', id: staff_id, issuer, subject, email, name } as const
      return [row.token_hash, { ...row, scopes: new Set(scopes), staff }]
    }),
  )
}

/**
 * Looks tokens up in one statement at a time: while it is under way the next gather. Tokens that nobody was given cost the
 * database no more than one connection, however many come, and those that are real are found among them.
 */
const newLookUp = (store: Store): ((tokenHash: string) => Promise<SessionFacts | undefined>) => {
  /** Not asked for yet. A statement under way is not shared: it may be older than the session. */
  const waiting = new Map<string, PromiseWithResolvers<SessionFacts | undefined>>()
  let isReading = false
  const readAll = async (): Promise<void> => {
    isReading = true
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, tokensMaximum)
      for (const [tokenHash] of batch) waiting.delete(tokenHash)
      try {
        const found = await readFacts(
          store,
          batch.map(([tokenHash]) => tokenHash),
        )
        for (const [tokenHash, { resolve }] of batch) resolve(found.get(tokenHash))
      } catch (error) {
        for (const [, { reject }] of batch) reject(error)
      }
    }
    isReading = false
  }
  return (tokenHash) => {
    const asked = waiting.get(tokenHash) ?? Promise.withResolvers<SessionFacts | undefined>()
    waiting.set(tokenHash, asked)
    if (!isReading) void readAll()
    return asked.promise
  }
}

export const newFacts = (store: Store): FactsSource => {
  const known = new Map<string, SessionFacts>()
  const lookUp = newLookUp(store)
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
