import type { Base } from '../../access/ctx.ts'

export type ListedKey = {
  id: string
  tenant_id: string
  name: string
  hint: string
  permissions: string[]
  created_at: Date
  created_by: string
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
}

/** The API keys, of one tenant or of all, newest first. */
export const listKeys = async ({ store }: Pick<Base, 'store'>, filter: { tenant_id?: string }): Promise<ListedKey[]> => {
  let query = store.db
    .selectFrom('api_keys as k')
    .leftJoin('api_key_revocations as r', 'r.key_id', 'k.id')
    .select(['k.id', 'k.tenant_id', 'k.name', 'k.hint', 'k.permissions', 'k.created_at', 'k.created_by', 'k.expires_at', 'k.last_used_at'])
    .select('r.revoked_at')
    .orderBy('k.created_at', 'desc')
    .orderBy('k.id', 'desc')
  if (filter.tenant_id !== undefined) query = query.where('k.tenant_id', '=', filter.tenant_id)
  return query.execute()
}
