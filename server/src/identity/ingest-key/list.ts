import type { Base } from '../../access/ctx.ts'

export type ListedIngestKey = {
  id: string
  name: string
  hint: string
  created_at: Date
  created_by: string
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
}

/** All ingest keys, newest first. */
export const listIngestKeys = async ({ store }: Pick<Base, 'store'>): Promise<ListedIngestKey[]> =>
  store.db
    .selectFrom('ingest_keys as k')
    .leftJoin('ingest_key_revocations as r', 'r.key_id', 'k.id')
    .select(['k.id', 'k.name', 'k.hint', 'k.created_at', 'k.created_by', 'k.expires_at', 'k.last_used_at', 'r.revoked_at'])
    .orderBy('k.created_at', 'desc')
    .orderBy('k.id', 'desc')
    .execute()
