import type { Store } from '../store/open.ts'

/** The newest signed checkpoint, or the one of a given size. */
export const findCheckpoint = async (
  { db }: Pick<Store, 'db'>,
  size?: number,
): Promise<{ size: number; root: Buffer; note: string; signed_at: Date } | undefined> => {
  const query = db.selectFrom('log_checkpoints').select(['size', 'root', 'note', 'signed_at']).orderBy('size', 'desc').limit(1)
  const row = await (size === undefined ? query : query.where('size', '=', String(size))).executeTakeFirst()
  return row && { ...row, size: Number(row.size) }
}

/** The newest checkpoint as it is served: a signed note. */
export const readCheckpoint = async (store: Pick<Store, 'db'>): Promise<string | undefined> => (await findCheckpoint(store))?.note
