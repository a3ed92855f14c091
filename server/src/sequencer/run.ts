import type { LogStatus } from '@countersign/contract/events.ts'
import type { Logger } from 'pino'
import { announceSequenced } from '../audit/sequenced.ts'
import { readLogStatus } from '../audit/status.ts'
import type { Keys } from '../keys.ts'
import type { Store } from '../store/open.ts'
import { runThread } from '../thread.ts'
import { verifierKeyOf } from './log-key.ts'
import type { ThreadData, ThreadMessage } from './thread.ts'

type Needs = {
  store: Store
  databaseUrl: string
  keys: Keys
  dataDir: string
  origin: string
  log: Pick<Logger, 'info' | 'warn' | 'error'>
}

export type RunningSequencer = {
  /** What keeps the log from growing here, if anything does: a sentence for anyone. */
  trouble(): string | null
  status(): Promise<LogStatus>
  stop(): Promise<void>
}

const ended = 'The log does not grow: its sequencer ended and is started again.'

/**
 * Runs the sequencer in a thread of its own, with connections of its own: judging and hashing thousands of events must not
 * keep requests waiting, nor they it.
 */
export const runSequencer = async (needs: Needs): Promise<RunningSequencer> => {
  const { store, databaseUrl, keys, dataDir, origin, log } = needs
  const key = verifierKeyOf(keys, origin)
  let state: { trouble: string | null; stopped: string | undefined } = { trouble: null, stopped: undefined }
  const thread = await runThread<never, ThreadMessage>({
    file: new URL('./thread.ts', import.meta.url),
    data: { databaseUrl, keys, dataDir, origin } satisfies ThreadData,
    name: 'the sequencer',
    hear: (message) => {
      if (message.kind === 'grown') announceSequenced(store, message.size)
      else if (message.kind === 'state') state = { trouble: message.trouble, stopped: message.stopped }
      else log[message.level](message.facts, message.sentence)
    },
    gone: () => {
      state = { trouble: ended, stopped: undefined }
    },
    log,
  })
  return {
    trouble: () => state.trouble,
    status: () => readLogStatus(store, key, state.stopped),
    stop: thread.stop,
  }
}
