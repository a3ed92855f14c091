import { readMigrations } from './migrations.ts'
import { appRole } from './roles.ts'

/** One right that the schema gives to one of our roles. */
export type Right = { role: string; kind: 'table' | 'sequence' | 'schema' | 'function'; name: string; right: string; column: string | null }

const grants = /^grant ([^;]+?) on (?:(schema|sequence|function) )?([^;]+?) to ([^;]+);/gim

/** Parts of a list, but for commas in parentheses. */
const partsOf = (list: string): string[] => list.split(/,\s*(?![^(]*\))/).map((part) => part.trim())

const rightsOf = (text: string): { right: string; column: string | null }[] =>
  partsOf(text).flatMap((part) => {
    const [, right = part, columns] = /^(\w+) \((.+)\)$/.exec(part) ?? []
    return (columns === undefined ? [null] : partsOf(columns)).map((column) => ({ right: right.toUpperCase(), column }))
  })

/** Everything that the migrations grant: whoever lacks some of it cannot do all of its work. */
export const readRights = (migrations: readonly { text: string }[] = readMigrations()): Right[] =>
  migrations.flatMap(({ text }) =>
    [...text.matchAll(grants)].flatMap(([, rights = '', kind, names = '', roles = '']) =>
      partsOf(roles).flatMap((role) =>
        partsOf(names).flatMap((name) =>
          rightsOf(rights).map((right) => ({ role, kind: (kind?.toLowerCase() ?? 'table') as Right['kind'], name, ...right })),
        ),
      ),
    ),
  )

/** Names the rights of `$1` (JSON) that are missing. What the app may is asked of whoever asks. */
export const missingRights = `
  select g.right || coalesce(' (' || g.column || ')', '') || ' on ' || g.name || case when g.role = '${appRole}' then '' else ' for ' || g.role end
  from jsonb_to_recordset($1::jsonb) as g (role text, kind text, name text, "right" text, "column" text),
    lateral (select case when g.role = '${appRole}' then current_user else g.role::name end as role) r
  where not coalesce(case
    when g.kind = 'schema' then has_schema_privilege(r.role, to_regnamespace(g.name)::oid, g.right)
    when g.kind = 'sequence' then has_sequence_privilege(r.role, to_regclass(g.name)::oid, g.right)
    when g.kind = 'function' then has_function_privilege(r.role, to_regprocedure(g.name)::oid, g.right)
    when g.column is null then has_table_privilege(r.role, to_regclass(g.name)::oid, g.right)
    else has_column_privilege(r.role, to_regclass(g.name)::oid, g.column, g.right)
  end, false)`
