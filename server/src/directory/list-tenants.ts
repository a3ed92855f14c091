import { consoleRoles } from '@countersign/contract/staff.ts'
import type { ListTenants, TenantPage } from '@countersign/contract/tenants.ts'
import { type RawBuilder, sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { transaction } from '../store/transaction.ts'
import { formatPlace, parsePlace } from './cursor.ts'
import { isAfter, isSought, orderBy, placeKey, tenantKeys } from './keyset.ts'
import { formatTenant } from './mirror.ts'
import { readDirectory } from './read-directory.ts'

type Row = Parameters<typeof formatTenant>[0] & { place: string | number | null }

const matching = ({ query, status }: ListTenants): RawBuilder<boolean> => {
  const parts = [sql<boolean>`deleted_at is null`]
  if (query) parts.push(isSought(query))
  if (status !== undefined) parts.push(sql`status = ${status}`)
  return sql`${sql.join(parts, sql` and `)}`
}

/** Without a text, from the counts that are kept with the rows. */
const total = ({ query, status }: ListTenants, where: RawBuilder<boolean>): RawBuilder<{ total: number }> =>
  query
    ? sql`select count(*)::int as total from tenant_health where ${where}`
    : sql`select coalesce(sum(tenants), 0)::int as total from tenant_counts where ${status === undefined ? sql`true` : sql`status = ${status}`}`

/** The tenants of the product, from the mirror, a page at a time. */
export const listTenants = verb({
  name: 'list tenants',
  may: consoleRoles,
  async run({ store }: Ctx<StaffPrincipal>, input: ListTenants): Promise<TenantPage> {
    const key = tenantKeys[input.sort]
    const place = input.cursor === undefined ? undefined : parsePlace(input.cursor, input.sort, input.order)
    const where = matching(input)
    const after = place === undefined ? sql`true` : isAfter(key, input.order, place)
    return await transaction(
      store,
      async (tx) => {
        const page = await sql<Row>`
          select tenant_id as id, name, status, plan, region, user_count, created_at, updated_at, deleted_at, ${placeKey(key)} as place
          from tenant_health where ${where} and ${after} order by ${orderBy(key, input.order)} limit ${input.limit + 1}`.execute(tx)
        const counted = await total(input, where).execute(tx)
        const rows = page.rows.slice(0, input.limit)
        const last = rows.at(-1)
        return {
          items: rows.map(formatTenant),
          next_cursor:
            last && page.rows.length > input.limit ? formatPlace(input.sort, input.order, { key: last.place, id: last.id }) : null,
          total: counted.rows[0]?.total ?? 0,
          ...(await readDirectory(tx)),
        }
      },
      { isolation: 'repeatable read' },
    )
  },
})
