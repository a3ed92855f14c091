import { Trouble } from '../../errors.ts'

const damaged =
  /PANIC|checkpoint record|checksum|PG_VERSION|invalid page|control file|WAL ends before|could not open (file|directory) "(global|base|pg_)/i

/** What a server that did not start, or initdb, said: as a sentence and what to do about it. Nothing is ever reset. */
export const explain = (said: string, cluster: string, source: string): Trouble => {
  const line =
    said
      .split('\n')
      .map((text) => text.replace(/^.*?(PANIC|FATAL|ERROR|error):\s*/i, '').trim())
      .findLast((text, index, all) => text !== '' && /panic|fatal|error/i.test(said.split('\n')[index] ?? all[index] ?? '')) ??
    said.trim().split('\n').at(-1)
  const cause = new Error(`${source}: ${said.trim().slice(-2_000)}`)
  if (/No space left on device|ENOSPC/i.test(said)) {
    return new Trouble(
      `The disk under ${cluster} is full.`,
      'Make room there, then start again. What was acknowledged is still stored.',
      cause,
    )
  }
  if (/Address already in use|could not create any (TCP\/IP|Unix-domain) socket/i.test(said)) {
    return new Trouble(`The address of the database is taken: ${line}`, 'End the program that has it, then start again.', cause)
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
