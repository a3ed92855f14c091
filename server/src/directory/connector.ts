import type { ActName, ActRefusal, ActTarget, ConnectorInfo, FeatureName } from '@countersign/contract/connector.ts'
import type { Tenant, TenantDetails } from '@countersign/contract/tenants.ts'
import type { Account, Factor, ListTenantUsers, User, UserSession } from '@countersign/contract/users.ts'
import type { CallFailure } from '../outbound/failure.ts'
import type { Rows } from './rows.ts'
import type { UnreadableRow } from './tenant-rows.ts'

/** The staff member on whose behalf the product is asked. */
export type Asker = { sub: string; email: string }

export type Page = { cursor?: string; limit: number }

/** A page of tenants, and what else stood on it. */
export type TenantRows = { tenants: Tenant[]; unreadable: UnreadableRow[]; next_cursor: string | null; sync_token: string | null }

/** What a list of users is narrowed to, for a product with the feature `user_lists`. */
export type Narrowing = Partial<Pick<ListTenantUsers, 'query' | 'status' | 'role' | 'sort' | 'order'>>

/** A page of a tenant's users, and the roles that they have as far as the product names them. */
export type UserRows = Rows<User> & { next_cursor: string | null; roles: string[] }

/** A user, and what of the account, the factors and sessions could be read. */
export type UserDetail = { user: User; account: Rows<Account>; factors: Rows<Factor>; sessions: Rows<UserSession> }

/** Something to do to a user or a tenant. Whoever asks again for the same one gives the same order. */
export type ActOrder = {
  /** Names the effect: the product has at most one for an id. */
  id: string
  act: ActName
  target: ActTarget
  parameters: { session_id?: string }
  requested_by: Asker
  approved_by: Asker[]
  /** The product has no effect after it. At most 60 seconds from now; recorded before the call. */
  expires_at: Date
}

/** What the product says came of an act. `failed` has no effect and never will; `pending` is under way. */
export type ActOutcome =
  | { status: 'done'; count: number; at: string }
  | { status: 'failed'; code: string; message: string | null; at: string }
  | { status: 'pending' }

/**
 * What came of asking for an act. Nothing happened where it was `refused` or `not_sent`. `unknown` is neither yes nor no: it
 * may be done, or happen yet until the order expires; `findAct` tells.
 */
export type ActResult =
  | ActOutcome
  | { status: 'refused'; code: ActRefusal; message: string }
  | { status: 'not_sent'; cause: CallFailure }
  | { status: 'unknown'; cause: CallFailure }

/**
 * The port to the product's own directory of tenants and users. Whatever implements it answers in the shapes of the
 * contract or throws Refusal `directory_unavailable` or `directory_garbled`; it never passes on what it did not check. A row of a
 * list that is in another form is named beside the others.
 */
export type Connector = {
  info(): Promise<ConnectorInfo>
  /** What the product can do; asked for when first needed and once a minute. */
  acts(): Promise<readonly ActName[]>
  /** What the product offers beyond what all do; as fresh as its acts. */
  features(): Promise<readonly FeatureName[]>
  listTenants(page: Page & { since?: string }): Promise<TenantRows>
  /** Undefined where the product does not know the tenant. */
  listTenantUsers(tenantId: string, page: Page & Narrowing, asker: Asker): Promise<UserRows | undefined>
  /** Undefined where the product does not know the tenant. Only for a product with the feature `tenant_details`. */
  findTenantDetails(tenantId: string, asker: Asker): Promise<TenantDetails | undefined>
  /** Best match first. */
  searchUsers(query: string, limit: number, asker: Asker): Promise<Rows<User>>
  findUser(userId: string, asker: Asker): Promise<UserDetail | undefined>
  /** Asks once, and never throws for what the product did or did not answer. */
  act(order: ActOrder): Promise<ActResult>
  /** Undefined where the product never heard of the act: final from `actGraceSeconds` after its `expires_at` on. */
  findAct(order: Pick<ActOrder, 'id' | 'act' | 'target'>): Promise<ActOutcome | undefined>
}
