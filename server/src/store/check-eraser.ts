import type pg from 'pg'
import { Trouble } from '../errors.ts'

export const useEraser = 'Erase as countersign_eraser or a login that is a member of it alone: set DATABASE_ERASER_URL.'

/** All that the role which erases may do with a table. What it may insert, row security narrows to its own event. */
const allowed: Record<string, readonly string[]> = { disclosures: ['insert', 'delete'], events: ['insert'] }

type Right = { name: string; table: string; superuser: boolean; bypass: boolean; owner: boolean; current: boolean; rights: string[] }

const judge = ({ name, table, superuser, bypass, owner, current, rights }: Right): [string, string] | undefined => {
  // The owner's own login in the eraser's role: it can do what an owner can, by design; the start says so.
  if (!current && owner && !superuser) return undefined
  if (superuser) return [`The role ${name} is a superuser: it could erase anything.`, useEraser]
  if (bypass) return [`The role ${name} may bypass row security (BYPASSRLS), and with it a legal hold.`, useEraser]
  if (owner) return [`The role ${name} owns the table ${table}, or is a member of its owner.`, useEraser]
  const more = rights.filter((right) => !allowed[table]?.includes(right))
  if (more.length === 0) return undefined
  return [
    `The role ${name}, which erases, may also ${more.join(', ')} in ${table}.`,
    `As the owner: REVOKE ${more.join(', ').toUpperCase()} ON ${table} FROM ${name}, PUBLIC; and from the roles it is a member of.`,
  ]
}

/** Refuses roles that are to erase and could do more than that. */
export const checkErasers = async (client: Pick<pg.Client, 'query'>, names: readonly string[]): Promise<void> => {
  const { rows } = await client.query<Right>(
    `select u.name, c.relname as table, r.rolsuper as superuser, r.rolbypassrls as bypass, u.name <> session_user or session_user = current_user as current,
       pg_has_role(u.name, c.relowner, 'member') as owner,
       array(
         select p from unnest(array['insert', 'update', 'delete', 'truncate']) p
         where has_table_privilege(u.name, c.oid, p) or p = 'update' and has_any_column_privilege(u.name, c.oid, p)
       ) as rights
     from unnest($1::text[]) as u (name) join pg_roles r on r.rolname = u.name
       cross join pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     order by u.name, c.relname`,
    [names],
  )
  for (const row of rows) {
    const [sentence, hint] = judge(row) ?? []
    if (sentence !== undefined && hint !== undefined) throw new Trouble(sentence, hint)
  }
}
