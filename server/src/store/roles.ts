import pg from 'pg'
import { Trouble } from '../errors.ts'

export const appRole = 'countersign_app'
export const tenantRole = 'countersign_tenant'
export const eraserRole = 'countersign_eraser'

type Client = Pick<pg.Client, 'query'>

const isTaken = (error: unknown): boolean => ['42710', '23505'].includes((error as { code?: string }).code ?? '')

/** Makes a role unless it is there. Roles belong to the whole server, so another migrator may be quicker. */
export const ensureRole = async (client: Client, name: string, options: string): Promise<void> => {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [name])
  if (rowCount) return
  try {
    await client.query(`create role ${pg.escapeIdentifier(name)} ${options}`)
  } catch (error) {
    if (!isTaken(error)) throw error
  }
}

const isMember = async (client: Client, member: string, role: string): Promise<boolean> => {
  const found = await client.query(
    `select 1 from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
     where r.rolname = $1 and u.rolname = $2 and coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)`,
    [role, member],
  )
  return Boolean(found.rowCount)
}

/** Lets `member` SET ROLE to `role` (from version 16 on without inheriting its rights). */
export const ensureMember = async (client: Client, member: string, role: string): Promise<void> => {
  if (await isMember(client, member, role)) return
  const { rows } = await client.query<{ number: number }>(`select current_setting('server_version_num')::int as number`)
  const options = (rows[0] as { number: number }).number >= 160_000 ? ' with set true, inherit false' : ''
  try {
    await client.query(`grant ${pg.escapeIdentifier(role)} to ${pg.escapeIdentifier(member)}${options}`)
  } catch (error) {
    if (!isTaken(error) || !(await isMember(client, member, role))) throw error
  }
}

/**
 * Makes the three roles that the migrations grant to. Of each of `roles` the client's own login becomes a member, to work in
 * it; a login without the right to make roles learns what a superuser has to run.
 */
export const ensureRoles = async (client: Client & { user?: string }, roles: readonly string[] = []): Promise<void> => {
  const member = client.user ?? ''
  try {
    await ensureRole(client, tenantRole, 'nologin')
    await ensureRole(client, appRole, 'nologin')
    await ensureRole(client, eraserRole, 'nologin')
    await ensureMember(client, appRole, tenantRole)
    for (const role of roles) await ensureMember(client, member, role)
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error
    throw new Trouble(
      'The owner of the database may not create the roles that Countersign needs.',
      [
        'Have a superuser run once:',
        `  CREATE ROLE ${tenantRole} NOLOGIN;`,
        `  CREATE ROLE ${appRole} LOGIN PASSWORD '…';`,
        `  CREATE ROLE ${eraserRole} LOGIN PASSWORD '…';`,
        `  GRANT ${tenantRole} TO ${appRole};`,
        ...roles.map((role) => `  GRANT ${role} TO ${pg.escapeIdentifier(member)};`),
      ].join('\n'),
      error,
    )
  }
}
