import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Trouble } from '../../errors.ts'
import type { Place } from './place.ts'

/** The password of a role, made from the superuser's: one secret for each data folder. */
export const passwordOf = (superuserPassword: string, role: string): string =>
  createHmac('sha256', superuserPassword).update(role).digest('base64url')

/** The superuser's password: made with the cluster, in a file for its owner alone. */
export const keepSecret = ({ dataDir, cluster }: Place): string => {
  const path = join(dataDir, 'postgres.secret')
  if (!existsSync(path)) {
    if (existsSync(cluster)) {
      throw new Trouble(`The password of the database, ${path}, is missing.`, 'Restore the file from a backup of the data folder.')
    }
    writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600, flush: true })
  }
  return readFileSync(path, 'utf8')
}
