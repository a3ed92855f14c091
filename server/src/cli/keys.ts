import { z } from 'zod'
import type { Base } from '../access/ctx.ts'
import { Trouble } from '../errors.ts'
import { CreateKey, createKey } from '../identity/tenant-key/create.ts'
import { listKeys } from '../identity/tenant-key/list.ts'
import { revokeKey } from '../identity/tenant-key/revoke.ts'
import { currentOperator } from './operator.ts'
import { formatEnd, formatInstant, formatTable } from './table.ts'

export type Say = (text: string) => void

/** `countersign keys create --tenant <id> --name <text> [--permission <name>…] [--expires-in-days <n>] [--json]` */
export const runKeysCreate = async (
  base: Base,
  options: { tenant: string; name: string; permission?: string[]; expiresInDays?: string; json?: boolean },
  say: Say,
  /** Says what is for people, where a script reads the key. */
  explain: Say,
): Promise<void> => {
  const parsed = CreateKey.safeParse({
    tenant_id: options.tenant,
    name: options.name,
    permissions: options.permission,
    expires_in_days: options.expiresInDays === undefined ? undefined : Number(options.expiresInDays),
  })
  if (!parsed.success) throw new Trouble(`The key cannot be created:\n${z.prettifyError(parsed.error)}`, 'countersign keys create --help')
  const created = await createKey({ ...base, principal: currentOperator() }, parsed.data)
  const { id, key, tenant_id, permissions, expires_at } = created
  if (options.json) return say(JSON.stringify({ id, key, tenant_id, permissions, expires_at }))
  say(key)
  explain(`Key ${id} of tenant ${tenant_id}: ${permissions.join(', ')}; ${formatEnd(expires_at)}.`)
  explain('It is shown only now. Send it in the X-API-Key header.')
}

/** `countersign keys list [--tenant <id>] [--json]` */
export const runKeysList = async (base: Base, options: { tenant?: string; json?: boolean }, say: Say): Promise<void> => {
  const keys = await listKeys(base, { tenant_id: options.tenant })
  if (options.json) return say(JSON.stringify(keys))
  if (keys.length === 0) return say('There are no keys. `countersign keys create --tenant <id> --name <text>` makes one.')
  const state = (key: (typeof keys)[number]) => (key.revoked_at ? `revoked ${formatInstant(key.revoked_at)}` : formatEnd(key.expires_at))
  const rows = keys.map((key) => [
    key.id,
    key.tenant_id,
    key.name,
    key.hint,
    key.permissions.join(','),
    formatInstant(key.last_used_at),
    state(key),
  ])
  say(formatTable(['ID', 'TENANT', 'NAME', 'KEY', 'PERMISSIONS', 'LAST USED', 'STATE'], rows))
}

/** `countersign keys revoke <id>` */
export const runKeysRevoke = async (base: Base, id: string, say: Say): Promise<void> => {
  const { revoked } = await revokeKey({ ...base, principal: currentOperator() }, id)
  say(revoked ? `Key ${id} is revoked: it is refused from now on.` : `Key ${id} was already revoked.`)
}
