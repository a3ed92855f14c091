import type { Export, ExportList } from '@countersign/contract/exports.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { type SqlBool, sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal, TenantPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { findExport, findExports, formatExport, isOwner, type OwnerPrincipal, ownerOf } from './row.ts'

const shownMaximum = 20

const get = async ({ store, principal }: Ctx<OwnerPrincipal>, id: string): Promise<Export> => {
  const row = await findExport(store.db, id)
  if (!row || !isOwner(principal, row)) throw new Refusal('not_found')
  return formatExport(row)
}

const list = async ({ store, principal }: Ctx<OwnerPrincipal>): Promise<ExportList> => {
  const { kind, id } = ownerOf(principal)
  const rows = await findExports(
    store.db,
    sql<SqlBool>`e.owner_kind = ${kind} and e.owner_id = ${id} and e.expires_at > clock_timestamp()`,
    shownMaximum,
  )
  return { items: rows.map(formatExport) }
}

/** How far an export of one's own is. */
export const getExport = verb({
  name: 'see an export',
  may: auditRoles,
  run: async (ctx: Ctx<StaffPrincipal>, id: string) => await get(ctx, id),
})
export const listExports = verb({ name: 'list exports', may: auditRoles, run: async (ctx: Ctx<StaffPrincipal>) => await list(ctx) })

export const getTenantExport = verb({
  name: "see an export of the tenant's",
  may: { permission: 'audit:read' },
  run: async (ctx: Ctx<TenantPrincipal>, id: string) => await get(ctx, id),
})
export const listTenantExports = verb({
  name: "list the tenant's exports",
  may: { permission: 'audit:read' },
  run: async (ctx: Ctx<TenantPrincipal>) => await list(ctx),
})
