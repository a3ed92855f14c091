import { foldName } from '@countersign/contract/fold.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import { type Kysely, type Selectable, sql } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'

/** What a page of the directory changed in the mirror. */
export type Changes = {
  added: number
  changed: number
  deleted: number
  restored: number
  recreated: string[]
  recreated_at: string | null
}

const columnsOfPage = sql.raw(`(id text, name text, status text, plan text, region text, user_count integer,
  created_at timestamptz, updated_at timestamptz, deleted_at timestamptz, name_key text)`)

/** What the page says of each id: its last word counts. */
const pageOf = (items: readonly Tenant[]): string =>
  JSON.stringify([...new Map(items.map((tenant) => [tenant.id, { ...tenant, name_key: foldName(tenant.name) }])).values()])

/**
 * Tenants that the page takes away: deleted now, or their id given to another. They are held until the end of the
 * transaction, so that no session is opened for them in the meantime.
 */
export const findLeaving = async (tx: Kysely<Tables>, items: readonly Tenant[]): Promise<string[]> => {
  const { rows } = await sql<{ id: string }>`
    select t.id from tenants t
    join jsonb_to_recordset(${pageOf(items)}::jsonb) as i ${columnsOfPage} on i.id = t.id
    where (t.deleted_at is null and i.deleted_at is not null) or i.created_at > t.created_at
    order by t.id for update of t`.execute(tx)
  return rows.map(({ id }) => id)
}

/**
 * Writes into the mirror what a page says otherwise. A tombstone of a tenant that was never here leaves no row. An id that comes back
 * with a later birth is another tenant's, which must not see what the former one's log holds. A full round marks what it has seen;
 * `fresh` counts what it had not seen before.
 */
export const mirrorPage = async (tx: Kysely<Tables>, isFull: boolean, items: Tenant[]): Promise<Changes & { fresh: number }> => {
  const { rows } = await sql<Changes & { fresh: number }>`
    with clock as materialized (
      select clock_timestamp() as now
    ), incoming as (
      select * from jsonb_to_recordset(${pageOf(items)}::jsonb) as t ${columnsOfPage}
    ), known as (
      select * from tenants where id in (select id from incoming)
    ), written as (
      insert into tenants as mirror (id, name, status, plan, region, user_count, created_at, updated_at, deleted_at, name_key)
      select i.* from incoming i left join known k on k.id = i.id
      where case when k.id is null then i.deleted_at is null
        else (k.name, k.status, k.plan, k.region, k.user_count, k.created_at, k.updated_at, k.deleted_at)
          is distinct from (i.name, i.status, i.plan, i.region, i.user_count, i.created_at, i.updated_at, i.deleted_at) end
      on conflict (id) do update set
        name = excluded.name, name_key = excluded.name_key, status = excluded.status, plan = excluded.plan, region = excluded.region,
        user_count = excluded.user_count, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at,
        created_at = excluded.created_at,
        known_since = case when excluded.created_at > mirror.created_at then (select now from clock) else mirror.known_since end
    ), seen as (
      insert into directory_seen (id) select id from incoming where ${isFull}::boolean on conflict (id) do nothing returning id
    )
    select
      count(*) filter (where k.id is null and i.deleted_at is null)::int as added,
      count(*) filter (where (k.name, k.status, k.plan, k.region, k.user_count, k.created_at, k.updated_at)
        is distinct from (i.name, i.status, i.plan, i.region, i.user_count, i.created_at, i.updated_at)
        and k.id is not null and (k.deleted_at is null) = (i.deleted_at is null))::int as changed,
      count(*) filter (where k.deleted_at is null and i.deleted_at is not null and k.id is not null)::int as deleted,
      count(*) filter (where k.deleted_at is not null and i.deleted_at is null)::int as restored,
      (select count(*) from seen)::int as fresh,
      coalesce(array_agg(i.id) filter (where i.created_at > k.created_at), '{}') as recreated,
      (select to_char(now at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') from clock) as recreated_at
    from incoming i left join known k on k.id = i.id`.execute(tx)
  return rows[0] as Changes & { fresh: number }
}

/**
 * Ends a full round: what was not seen in it is gone. A directory that names no tenant at all where there were some is
 * more likely broken than empty, so nothing is taken from the mirror then. Answers what was taken.
 */
export const sweepUnseen = async (tx: Kysely<Tables>): Promise<string[]> => {
  const { rows } = await sql<{ seen: boolean; live: boolean }>`
    select exists (select from directory_seen join tenants using (id)) as seen,
      exists (select from tenants where deleted_at is null) as live`.execute(tx)
  if (rows[0]?.live && !rows[0].seen) {
    throw new Refusal('directory_garbled', { cause: new Error('it names no tenant at all, where there were some') })
  }
  const swept = await sql<{ id: string }>`
    update tenants t set deleted_at = clock_timestamp()
    where deleted_at is null and not exists (select from directory_seen s where s.id = t.id)
    returning id`.execute(tx)
  return swept.rows.map(({ id }) => id)
}

const instant = (value: Date | null): string | null => (value === null ? null : value.toISOString())

/** A row of the mirror as the contract names it. */
export const formatTenant = (row: Omit<Selectable<Tables['tenants']>, 'known_since' | 'name_key'>): Tenant => ({
  id: row.id,
  name: row.name,
  status: row.status as Tenant['status'],
  plan: row.plan,
  region: row.region,
  user_count: row.user_count,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  deleted_at: instant(row.deleted_at),
})

export const tenantColumns = [
  'id',
  'name',
  'status',
  'plan',
  'region',
  'user_count',
  'created_at',
  'updated_at',
  'deleted_at',
] as const satisfies (keyof Tables['tenants'])[]

/** A tenant of the mirror, deleted ones too: their history stays. */
export const findTenant = async (db: Kysely<Tables>, tenantId: string): Promise<Tenant | undefined> => {
  const row = await db.selectFrom('tenants').select(tenantColumns).where('id', '=', tenantId).executeTakeFirst()
  return row && formatTenant(row)
}
