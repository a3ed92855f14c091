import type { VerifierKey } from '@countersign/log/note.ts'
import { proveInclusion } from '@countersign/log/proof.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { formatTlogProof } from '@countersign/log/tlog-proof.ts'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'
import { readCheckpoint } from './checkpoint.ts'
import { waitForSequenced } from './sequenced.ts'
import { nodeReader } from './tree-reader.ts'

/** A log that keeps up is signed within a second. */
const patienceMilliseconds = 3_000
const lookMilliseconds = 100

export type Signed = NonNullable<Awaited<ReturnType<typeof readCheckpoint>>>

/** The newest checkpoint, once it covers the entry at this index. */
export const awaitCheckpoint = async (store: Store, key: VerifierKey, index: number): Promise<Signed> => {
  const signal = AbortSignal.timeout(patienceMilliseconds)
  for (;;) {
    const newest = await readCheckpoint(store, key)
    if (newest && newest.size > index) return newest
    if (signal.aborted) throw new Refusal('log_behind')
    await waitForSequenced(store, lookMilliseconds, signal)
  }
}

/** Proves that the entry at this index is in the log, by its newest checkpoint (C2SP tlog-proof). */
export const proveEntry = async (store: Store, key: VerifierKey, index: number): Promise<string> =>
  await proveUnder(store, await awaitCheckpoint(store, key, index), index)

/** The same by a checkpoint that covers it. */
export const proveUnder = async (store: Pick<Store, 'db'>, { size, note }: Signed, index: number): Promise<string> => {
  const proof = await proveInclusion(sha256, nodeReader(store, size), index, size)
  return formatTlogProof({ index, proof, checkpoint: note })
}
