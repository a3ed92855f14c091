import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import {
  fingerprintOf as fingerprintOfKey,
  formatVerifierKey,
  parseVerifierKey,
  type Signer,
  type VerifierKey,
} from '@countersign/log/note.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { LogIdentity } from '../audit/checkpoint.ts'
import { Trouble } from '../errors.ts'
import type { Keys } from '../keys.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'

const publicBytes = (key: KeyObject): Uint8Array => {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return new Uint8Array(Buffer.from(x as string, 'base64url'))
}

/** The log's verifier key (C2SP signed-note): what customers and witnesses hold. */
export const verifierKeyOf = (keys: Pick<Keys, 'log'>, origin: string): string => formatVerifierKey(sha256, origin, publicBytes(keys.log))

/** Fingerprint of the log's key, to be compared by people over another channel. */
export const fingerprintOf = (key: Pick<VerifierKey, 'publicKey'>): string => fingerprintOfKey(sha256, key)

export type LogKey = LogIdentity & { signer: Signer }

export const logKeyOf = (keys: Pick<Keys, 'log'>, origin: string): LogKey => {
  const text = verifierKeyOf(keys, origin)
  const verifier = parseVerifierKey(sha256, text)
  return { origin, text, verifier, signer: { name: origin, id: verifier.id, sign: (message) => sign(null, message, keys.log) } }
}

/** The origin that the log was begun with, if it was. */
export const findOrigin = async ({ db }: Pick<Store, 'db'>): Promise<string | undefined> =>
  (await db.selectFrom('log_sequencer').select('origin').executeTakeFirstOrThrow()).origin ?? undefined

/** The name of a log that begins at this address, as C2SP has it: where its checkpoint is served, without the scheme. */
export const originAt = (consoleUrl: string): string => `${new URL(consoleUrl).host}/log`

/**
 * The key of the log that is or will be in this database, under its name: the configured one, the one that it was begun with, or the
 * one that its address gives. Refuses another one than it was begun with.
 */
export const openLogKey = async (
  store: Pick<Store, 'db'>,
  { keys, origin, consoleUrl }: { keys: Pick<Keys, 'log'>; origin: string | undefined; consoleUrl: string },
): Promise<LogKey> => {
  const key = logKeyOf(keys, origin ?? (await findOrigin(store)) ?? originAt(consoleUrl))
  await bindLogKey(store, key)
  return key
}

/** Binds the log to its origin and key at first use, and refuses another one later: a log is signed by one key. */
export const bindLogKey = async (store: Pick<Store, 'db'>, key: LogKey): Promise<void> => {
  const fingerprint = fingerprintOf(key.verifier)
  const bound = await transaction(store, async (tx) => {
    const row = await tx.selectFrom('log_sequencer').select(['origin', 'key_hash']).forUpdate().executeTakeFirstOrThrow()
    if (row.origin !== null) return row
    await tx.updateTable('log_sequencer').set({ origin: key.origin, key_hash: fingerprint }).execute()
    return { origin: key.origin, key_hash: fingerprint }
  })
  if (bound.origin !== key.origin) {
    throw new Trouble(
      `The log in this database is ${bound.origin}, not ${key.origin}.`,
      `Set log.origin to ${bound.origin} in the configuration; the name is part of every checkpoint that was signed.`,
    )
  }
  if (bound.key_hash !== fingerprint) {
    throw new Trouble(
      `The log in this database was signed with the key ${bound.key_hash}; the one in the keys folder is ${fingerprint}.`,
      'Restore log.pem from the backup of the keys folder. Another key would not continue the log.',
    )
  }
}
