import { TenantId } from '@countersign/contract/ids.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { withoutId } from './rows.ts'
import type { UnreadableRow } from './tenant-rows.ts'

export type Noted = { id: string; members: string[] }

/** One entry for an id, with all that is wrong with its rows. */
const entriesOf = (rows: readonly UnreadableRow[]): Noted[] =>
  [...Map.groupBy(rows, ({ id }) => id ?? withoutId)].map(([id, found]) => ({
    id,
    members: [...new Set(found.flatMap(({ members }) => members))].toSorted(),
  }))

/**
 * Takes what unreadable rows surely say: the tenant was named, so a full round does not take it for gone; or it was deleted,
 * or its id given to another, and then it is gone. Answers who is gone now.
 */
export const takeUnreadable = async (tx: Kysely<Tables>, isFull: boolean, rows: readonly UnreadableRow[]): Promise<string[]> => {
  const named = JSON.stringify(rows.filter(({ id }) => TenantId.safeParse(id).success))
  const { rows: gone } = await sql<{ id: string }>`
    with incoming as (
      select id, bool_or(deleted) as deleted, max(created_at) as created_at
      from jsonb_to_recordset(${named}::jsonb) as i (id text, deleted boolean, created_at timestamptz) group by id
    ), leaving as (
      select t.id from tenants t join incoming i on i.id = t.id
      where t.deleted_at is null and (i.deleted or i.created_at > t.created_at)
      for update of t
    ), written as (
      update tenants t set deleted_at = clock_timestamp() from leaving l where t.id = l.id
    ), seen as (
      insert into directory_seen (id) select id from incoming where ${isFull}::boolean on conflict (id) do nothing
    )
    select id from leaving order by id`.execute(tx)
  return gone.map(({ id }) => id)
}

/** Notes the unreadable rows of a page, and forgets those that it now shows readable. Answers what is news, and how many `round` had not shown before. */
export const noteUnreadable = async (
  tx: Kysely<Tables>,
  round: string,
  rows: readonly UnreadableRow[],
  readable: readonly string[],
): Promise<{ news: Noted[]; fresh: number }> => {
  await tx.deleteFrom('unreadable_tenants').where('id', '=', sql<string>`any(${readable}::text[])`).execute()
  if (rows.length === 0) return { news: [], fresh: 0 }
  const { rows: noted } = await sql<Noted & { fresh: boolean; isNews: boolean }>`
    with incoming as (
      select * from jsonb_to_recordset(${JSON.stringify(entriesOf(rows))}::jsonb) as i (id text, members text[])
    ), known as (
      select * from unreadable_tenants where id in (select id from incoming)
    ), written as (
      insert into unreadable_tenants as u (id, members, round) select id, members, ${round}::bigint from incoming
      on conflict (id) do update set members = excluded.members, round = excluded.round,
        noted_at = case when u.members = excluded.members then u.noted_at else clock_timestamp() end
    )
    select i.id, i.members, k.round is distinct from ${round}::bigint as fresh, k.members is distinct from i.members as "isNews"
    from incoming i left join known k on k.id = i.id order by i.id collate "C"`.execute(tx)
  return {
    news: noted.filter(({ isNews }) => isNews).map(({ id, members }) => ({ id, members })),
    fresh: noted.filter(({ fresh }) => fresh).length,
  }
}

/** Ends a full round: what it did not show is no longer unreadable. */
export const forgetUnseen = async (tx: Kysely<Tables>, round: string): Promise<void> => {
  await tx.deleteFrom('unreadable_tenants').where('round', '<', round).execute()
}

const shown = 20

/** How many rows of the directory cannot be read now, and the first of them. */
export const readUnreadable = async (db: Kysely<Tables>): Promise<{ count: number; rows: Noted[] }> => {
  const { rows } = await sql<Noted & { count: number }>`
    select id, members, (count(*) over ())::int as count from unreadable_tenants
    order by id collate "C" limit ${shown}`.execute(db)
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ id, members }) => ({ id, members })) }
}
