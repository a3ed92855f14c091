import { TenantId } from '@countersign/contract/ids.ts'
import { ListTenants, ReadTenantDetails, Tenant, TenantPage } from '@countersign/contract/tenants.ts'
import { ListTenantUsers, UserPage } from '@countersign/contract/users.ts'
import { z } from 'zod'
import type { Connector } from '../../directory/connector.ts'
import { getTenant } from '../../directory/get-tenant.ts'
import { listTenantUsers } from '../../directory/list-tenant-users.ts'
import { listTenants } from '../../directory/list-tenants.ts'
import { readTenantDetails } from '../../directory/read-tenant-details.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

const tags = ['tenants']
const params = z.object({ tenant_id: TenantId })

export const tenantRoutes = (app: Door, needs: { connector: Connector }): void => {
  app.get(
    '/api/tenants',
    {
      config: { access: listTenants.may },
      schema: {
        tags,
        summary: 'All tenants of the product, searched and sorted',
        querystring: ListTenants,
        response: { 200: TenantPage, ...problems },
      },
    },
    async (request) => listTenants(ctxOf(request), request.query),
  )
  app.get(
    '/api/tenants/:tenant_id',
    {
      config: { access: getTenant.may },
      schema: { tags, summary: 'One tenant; the tenant sees that it was opened', params, response: { 200: Tenant, ...problems } },
    },
    async (request) => getTenant(ctxOf(request), request.params.tenant_id),
  )
  app.get(
    '/api/tenants/:tenant_id/details',
    {
      config: { access: readTenantDetails.may },
      schema: {
        tags,
        summary: 'What else the product tells of a tenant, asked of it now: who may agree to changes, seats, single sign-on',
        params,
        response: { 200: ReadTenantDetails, ...problems },
      },
    },
    async (request) => readTenantDetails({ ...ctxOf(request), ...needs }, request.params.tenant_id),
  )
  app.get(
    '/api/tenants/:tenant_id/users',
    {
      config: { access: listTenantUsers.may },
      schema: {
        tags,
        summary: "A tenant's users, asked of the product now",
        params,
        querystring: ListTenantUsers,
        response: { 200: UserPage, ...problems },
      },
    },
    async (request) => listTenantUsers({ ...ctxOf(request), ...needs }, { tenant_id: request.params.tenant_id, ...request.query }),
  )
}
