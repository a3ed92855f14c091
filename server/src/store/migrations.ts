import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'
import { Trouble } from '../errors.ts'

export type Migration = { name: string; text: string; sha256: string }
export type Applied = { name: string; sha256: string }

const folder = new URL('./migrations/', import.meta.url)

/** The migrations that this program brings, in the order of their numbers. */
export const readMigrations = (from: URL = folder): Migration[] =>
  readdirSync(from)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, from), 'utf8')
      return { name: file.slice(0, -4), text, sha256: createHash('sha256').update(text).digest('hex') }
    })

/** What was applied to the database, in order. */
export const readRecord = async (client: Pick<pg.Client, 'query'>): Promise<Applied[]> =>
  (await client.query<Applied>('select name, sha256 from schema_migrations order by name')).rows

/** The trouble with a database that holds what this program does not know, or knows otherwise. */
export const changedMigration = (known: Migration[], record: Applied[]): Trouble | undefined => {
  for (const { name, sha256 } of record) {
    const ours = known.find((migration) => migration.name === name)
    if (!ours) {
      return new Trouble(
        `The database is newer than this program: it has ${name}.`,
        'Run the newer program. The only way back is a backup.',
      )
    }
    if (ours.sha256 !== sha256) {
      return new Trouble(
        `The database was made by another 0.x version of Countersign (its migration ${name} is unknown here), and cannot be upgraded.`,
        'Start with a new data folder or an empty database, or run the version that made this one. The CHANGELOG says what changed.',
      )
    }
  }
  return undefined
}
