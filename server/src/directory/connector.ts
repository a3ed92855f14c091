import type { ConnectorInfo, ConnectorTenantPage, ConnectorUserDetail, ConnectorUserPage } from '@countersign/contract/connector.ts'
import type { User } from '@countersign/contract/users.ts'

/** The staff member on whose behalf the product is asked. */
export type Act = { sub: string; email: string }

export type Page = { cursor?: string; limit: number }

/**
 * The port to the product's own directory of tenants and users. Whatever implements it answers in the shapes of the
 * contract or throws Refusal `directory_unavailable` or `directory_garbled`; it never passes on what it did not check.
 */
export type Connector = {
  info(): Promise<ConnectorInfo>
  listTenants(page: Page & { since?: string }): Promise<ConnectorTenantPage>
  /** Undefined where the product does not know the tenant. */
  listTenantUsers(tenantId: string, page: Page, act: Act): Promise<ConnectorUserPage | undefined>
  /** Best match first. */
  searchUsers(query: string, limit: number, act: Act): Promise<User[]>
  findUser(userId: string, act: Act): Promise<ConnectorUserDetail | undefined>
}
