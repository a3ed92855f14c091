import { TenantId } from '@countersign/contract/ids.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { ListTenants, Tenant, TenantPage } from '@countersign/contract/tenants.ts'
import { ListTenantUsers, UserPage } from '@countersign/contract/users.ts'
import { z } from 'zod'
import { getTenant } from '../../directory/get-tenant.ts'
import { listTenantUsers } from '../../directory/list-tenant-users.ts'
import { listTenants } from '../../directory/list-tenants.ts'
import type { LookUpNeeds } from '../../directory/look-up.ts'
import { type Door, staffOf } from '../door.ts'
import { problems } from '../fail.ts'

const access = consoleRoles
const tags = ['tenants']
const params = z.object({ tenant_id: TenantId })

export const tenantRoutes = (app: Door, needs: LookUpNeeds): void => {
  app.get(
    '/api/tenants',
    {
      config: { access },
      schema: {
        tags,
        summary: 'All tenants of the product, searched and sorted',
        querystring: ListTenants,
        response: { 200: TenantPage, ...problems },
      },
    },
    async (request) => listTenants(needs, staffOf(request), request.query),
  )
  app.get(
    '/api/tenants/:tenant_id',
    {
      config: { access },
      schema: { tags, summary: 'One tenant; the tenant sees that it was opened', params, response: { 200: Tenant, ...problems } },
    },
    async (request) => getTenant(needs, staffOf(request), request.params.tenant_id),
  )
  app.get(
    '/api/tenants/:tenant_id/users',
    {
      config: { access },
      schema: {
        tags,
        summary: "A tenant's users, asked of the product now",
        params,
        querystring: ListTenantUsers,
        response: { 200: UserPage, ...problems },
      },
    },
    async (request) => listTenantUsers(needs, staffOf(request), { tenant_id: request.params.tenant_id, ...request.query }),
  )
}
