import { verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import type { VerifierKey } from '@countersign/log/note.ts'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'

/** What the log is known by: its name, and its verifier key as text and read. */
export type LogIdentity = { origin: string; text: string; verifier: VerifierKey }

type Row = { size: number; root: Buffer; note: string; signed_at: Date }

/** A checkpoint as it lies in the table, newest or of a given size: whatever somebody put there. */
export const findCheckpoint = async ({ db }: Pick<Store, 'db'>, size?: number): Promise<Row | undefined> => {
  const query = db.selectFrom('log_checkpoints').select(['size', 'root', 'note', 'signed_at']).orderBy('size', 'desc').limit(1)
  const row = await (size === undefined ? query : query.where('size', '=', String(size))).executeTakeFirst()
  return row && { ...row, size: Number(row.size) }
}

/** Refuses a checkpoint that the log's key did not sign, or of which its row says something else. */
export const requireSigned = async ({ size, root, note }: Omit<Row, 'signed_at'>, key: VerifierKey): Promise<void> => {
  const signed = await verifyCheckpoint(note, [key]).catch((cause: unknown) => {
    throw new Refusal('checkpoint_not_ours', { cause })
  })
  if (signed.size !== size || !root.equals(signed.root))
    throw new Refusal('checkpoint_not_ours', { cause: new Error(`the row says ${size}, its note ${signed.size}`) })
}

/** The newest checkpoint, where the log signed it. Nothing else is shown to anybody. */
export const readCheckpoint = async (store: Pick<Store, 'db'>, key: VerifierKey): Promise<Row | undefined> => {
  const newest = await findCheckpoint(store)
  if (newest) await requireSigned(newest, key)
  return newest
}
