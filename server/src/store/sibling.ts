import pg from 'pg'
import { Trouble } from '../errors.ts'
import { connect } from './open.ts'
import { withDatabase } from './urls.ts'

/** Another database on the same server with the same owner, unless it is there. */
export const ensureSibling = async (ownerUrl: string, name: string): Promise<string> => {
  const client = await connect(ownerUrl)
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (!rowCount) await client.query(`create database ${pg.escapeIdentifier(name)}`)
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    if (code === '42501') {
      throw new Trouble(
        `The example product needs the database ${name}, and this login may not create it.`,
        `Have a superuser run: CREATE DATABASE ${name} OWNER …; or configure your own product.`,
        error,
      )
    }
    if (!['42P04', '23505'].includes(code)) throw error
  } finally {
    await client.end()
  }
  return withDatabase(ownerUrl, name)
}
