import type { Transaction } from 'kysely'
import type { Auth } from './auth/open.ts'
import type { Database } from './database/open.ts'
import type { Tables } from './database/tables.ts'
import type { Presence } from './presence.ts'
import type { Signals } from './signals/start.ts'
import type { Signer } from './signer.ts'
import type { TrustedCaller } from './trust/verify.ts'

/** What every handler may need. */
export type Acme = {
  database: Database
  /** Known once the port is. */
  auth: () => Auth
  /** The same, for one transaction: all that it does is part of it. */
  authIn: (tx: Transaction<Tables>) => Auth
  /** The address people use. */
  url: () => string
  signer: Signer
  signals: Signals
  presence: Presence
  support: TrustedCaller
  directory: TrustedCaller
  /** Aborted when the program stops: streams end then. */
  stopping: AbortSignal
}
