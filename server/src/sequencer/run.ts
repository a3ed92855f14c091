import type { ServiceStatus } from '@countersign/contract/services.ts'
import type { Logger } from 'pino'
import { announceSequenced } from '../audit/sequenced.ts'
import type { Keys } from '../keys.ts'
import { formatStatus } from '../run/service.ts'
import type { Store } from '../store/open.ts'
import { runThread } from '../thread.ts'
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
  status(): ServiceStatus
  /** Why it has stopped until somebody has looked, where it has. */
  stopped(): string | undefined
  stop(): Promise<void>
}

const ended = 'The log does not grow: its sequencer ended and is started again.'

/**
 * Runs the sequencer in a thread of its own, with connections of its own: judging and hashing thousands of events must not
 * keep requests waiting, nor they it.
 */
export const runSequencer = async (needs: Needs): Promise<RunningSequencer> => {
  const { store, databaseUrl, keys, dataDir, origin, log } = needs
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
    status: () => formatStatus('sequencer', state.trouble),
    stopped: () => state.stopped,
    stop: thread.stop,
  }
}
