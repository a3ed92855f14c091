import { Trouble } from '../../errors.ts'

const damaged =
  /PANIC|checkpoint record|checksum|PG_VERSION|invalid page|control file|incompatible with server|could not find the database system|WAL ends before|could not open (file|directory) "(global|base|pg_)/i

/** What a server that did not start, or initdb, said: as a sentence and what to do about it. Nothing is ever reset. */
export const explain = (said: string, cluster: string, source: string): Trouble => {
  const lines = said.trim().split('\n')
  const line = (lines.findLast((text) => /\b(PANIC|FATAL|ERROR|error):/.test(text)) ?? lines.at(-1) ?? '').replace(
    /^.*?(PANIC|FATAL|ERROR|error):\s*/,
    '',
  )
  const cause = new Error(`${source}: ${said.trim().slice(-2_000)}`)
  if (/No space left on device|ENOSPC/i.test(said)) {
    return new Trouble(
      `The disk under ${cluster} is full.`,
      'Free some space there, then start again. What was acknowledged is still stored.',
      cause,
    )
  }
  if (/could not look up effective user ID/i.test(said)) {
    return new Trouble(
      `This user (uid ${process.getuid?.()}) has no name on this system, and PostgreSQL needs one.`,
      'Give it an entry in /etc/passwd, start as another user, or set DATABASE_URL to a PostgreSQL 15 or newer.',
      cause,
    )
  }
  if (/Address already in use|could not create any (TCP\/IP|Unix-domain) socket/i.test(said)) {
    return new Trouble(`The address of the database is taken: ${line}`, 'Stop the program that uses it, then start again.', cause)
  }
  if (/already exists|still in use/i.test(said)) {
    return new Trouble(`Another PostgreSQL server still uses ${cluster}.`, 'Stop it, then start again.', cause)
  }
  if (damaged.test(said)) {
    return new Trouble(
      `The database in ${cluster} is damaged: ${line}`,
      'Nothing was changed or reset. Copy the folder away, restore a backup, and check it with `countersign verify`.',
      cause,
    )
  }
  return new Trouble(`The embedded database did not start: ${line}`, `The reason is at the end of the log beside ${cluster}.`, cause)
}
