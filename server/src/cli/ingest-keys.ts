import { z } from 'zod'
import type { Base } from '../access/ctx.ts'
import { Trouble } from '../errors.ts'
import { CreateIngestKey, createIngestKey } from '../identity/ingest-key/create.ts'
import { listIngestKeys } from '../identity/ingest-key/list.ts'
import { revokeIngestKey } from '../identity/ingest-key/revoke.ts'
import type { Say } from './keys.ts'
import { currentOperator } from './operator.ts'
import { formatEnd, formatInstant, formatTable } from './table.ts'

/** `countersign ingest-keys create --name <text> [--expires-in-days <n>] [--json]` */
export const runIngestKeysCreate = async (
  base: Base,
  options: { name: string; expiresInDays?: string; json?: boolean },
  say: Say,
  /** Says what is for people, where a script reads the key. */
  explain: Say,
): Promise<void> => {
  const parsed = CreateIngestKey.safeParse({
    name: options.name,
    expires_in_days: options.expiresInDays === undefined ? undefined : Number(options.expiresInDays),
  })
  if (!parsed.success)
    throw new Trouble(`The key cannot be created:\n${z.prettifyError(parsed.error)}`, 'countersign ingest-keys create --help')
  const { id, key, expires_at } = await createIngestKey({ ...base, principal: currentOperator() }, parsed.data)
  if (options.json) return say(JSON.stringify({ id, key, expires_at }))
  say(key)
  explain(`Ingest key ${id}; ${formatEnd(expires_at)}.`)
  explain('It is shown only now. Send it in the X-API-Key header. It can send signals and read nothing.')
}

/** `countersign ingest-keys list [--json]` */
export const runIngestKeysList = async (base: Base, options: { json?: boolean }, say: Say): Promise<void> => {
  const keys = await listIngestKeys(base)
  if (options.json) return say(JSON.stringify(keys))
  if (keys.length === 0) return say('There are no ingest keys. `countersign ingest-keys create --name <text>` makes one.')
  const rows = keys.map(({ id, name, hint, last_used_at, revoked_at, expires_at }) => [
    ...[id, name, hint, formatInstant(last_used_at)],
    revoked_at ? `revoked ${formatInstant(revoked_at)}` : formatEnd(expires_at),
  ])
  say(formatTable(['ID', 'NAME', 'KEY', 'LAST USED', 'STATE'], rows))
}

/** `countersign ingest-keys revoke <id>` */
export const runIngestKeysRevoke = async (base: Base, id: string, say: Say): Promise<void> => {
  const { revoked } = await revokeIngestKey({ ...base, principal: currentOperator() }, id)
  say(revoked ? `Ingest key ${id} is revoked: it is refused from now on.` : `Ingest key ${id} was already revoked.`)
}
