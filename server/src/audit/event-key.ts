import { Trouble } from '../errors.ts'
import type { Keys } from '../keys.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { hmacOf } from './mac.ts'

type Needs = { store: Pick<Store, 'db'>; keys: Pick<Keys, 'event'> }

/** Fingerprint of the key that marks events. What it hashes can be no event: those have a NUL between their halves. */
export const eventFingerprintOf = ({ event }: Pick<Keys, 'event'>): string =>
  `SHA256:${hmacOf(event, 'fingerprint of the event key').toString('base64').replace(/=+$/, '')}`

const requireSame = (bound: string | null, fingerprint: string): void => {
  if (bound === null || bound === fingerprint) return
  throw new Trouble(
    `The events in this database are marked with the key ${bound}; the one in the keys folder is ${fingerprint}.`,
    'Restore event.key from the backup of the keys folder. With another key, events waiting for the log would be kept out as foreign.',
  )
}

/** Refuses a key that is not the one events are marked with. */
export const requireEventKey = async ({ store, keys }: Needs): Promise<void> => {
  const { event_key_hash } = await store.db.selectFrom('log_sequencer').select('event_key_hash').executeTakeFirstOrThrow()
  requireSame(event_key_hash, eventFingerprintOf(keys))
}

/** Binds the database to the key at first use, and refuses another one later: a lost key that was made anew is noticed here. */
export const bindEventKey = async ({ store, keys }: Needs): Promise<void> => {
  const fingerprint = eventFingerprintOf(keys)
  await transaction(store, async (tx) => {
    const { event_key_hash } = await tx.selectFrom('log_sequencer').select('event_key_hash').forUpdate().executeTakeFirstOrThrow()
    requireSame(event_key_hash, fingerprint)
    if (event_key_hash === null) await tx.updateTable('log_sequencer').set({ event_key_hash: fingerprint }).execute()
  })
}
