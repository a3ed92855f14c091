import type { NewEvent } from '@countersign/contract/events.ts'
import type { Logger } from 'pino'
import type { Recordable } from '../../server/src/audit/record.ts'
import { bindLogKey, logKeyOf } from '../../server/src/sequencer/log-key.ts'
import { createSequencer } from '../../server/src/sequencer/sequence.ts'
import type { Store } from '../../server/src/store/open.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { newDatabase, type Original, type TestDatabase } from '../support/database.ts'

export const origin = 'test.example/log'
const silent = { info: () => {}, warn: () => {}, error: () => {} } as unknown as Logger

/** An event with a number to be known by; `more` may make another one of it. */
export const eventOf = (number: number, more: { [M in keyof NewEvent]?: unknown } = {}): NewEvent => {
  const event: NewEvent = {
    action: 'TENANT.USERS.LISTED',
    result: 'ok',
    actor: { kind: 'operator', id: 'tester' },
    target: { kind: 'tenant', id: 'ten_0' },
    details: { count: number, user_ids: [] },
  }
  return { ...event, ...more } as NewEvent
}

export type Rig = TestDatabase & {
  sequencer: ReturnType<typeof createSequencer>
  /** Another sequencer over the same database, with a data folder and keys as given. */
  another(changes?: { dataDir?: string; holder?: string; store?: Store }): ReturnType<typeof createSequencer>
  /** Records events, each in a transaction of its own. */
  record(...events: Recordable[]): Promise<string[]>
  needs: { store: Store; keys: TestDatabase['keys']; dataDir: string; origin: string; log: Logger }
}

/** A database, empty or as the original was, with a sequencer that runs only when it is told to. */
export const newRig = async (original?: Original): Promise<Rig> => {
  const database = await newDatabase({ original })
  const { store, keys, journal, dataDir } = database
  await bindLogKey(store, logKeyOf(keys, origin))
  const needs = { store, keys, dataDir, origin, log: silent }
  const made: ReturnType<typeof createSequencer>[] = []
  const another: Rig['another'] = ({ holder, ...changes } = {}) => {
    const sequencer = createSequencer({ ...needs, ...changes }, holder)
    made.push(sequencer)
    return sequencer
  }
  return {
    ...database,
    needs,
    sequencer: another(),
    another,
    record: async (...events) => {
      const ids: string[] = []
      for (const event of events) ids.push(await transaction(store, (tx) => journal.record(tx, event)))
      return ids
    },
  }
}

export const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, at) => from + at)
