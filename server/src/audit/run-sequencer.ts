import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LogStatus } from '@countersign/contract/events.ts'
import type { Logger } from 'pino'
import { Trouble } from '../errors.ts'
import type { Keys } from '../keys.ts'
import type { Store } from '../store/open.ts'
import { verifierKeyOf } from './log-key.ts'
import { announceSequenced } from './sequenced.ts'
import type { ThreadData, ThreadMessage } from './sequencer-thread.ts'
import { readLogStatus } from './status.ts'

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

const againMilliseconds = 1_000
const ended = 'The log does not grow: its sequencer ended and is started again.'

/**
 * Runs the sequencer in a thread of its own, with connections of its own: judging and hashing thousands of events must not
 * keep requests waiting, nor they it. A thread that ends unasked is started again.
 */
export const runSequencer = async (needs: Needs): Promise<RunningSequencer> => {
  const { store, databaseUrl, keys, dataDir, origin, log } = needs
  const key = verifierKeyOf(keys, origin)
  const data: ThreadData = { databaseUrl, keys, dataDir, origin }
  let state: { trouble: string | null; stopped: string | undefined } = { trouble: null, stopped: undefined }
  let stopping = false
  let again: NodeJS.Timeout | undefined
  let thread: Worker

  const hear = (message: ThreadMessage): void => {
    if (message.kind === 'grown') announceSequenced(store, message.size)
    else if (message.kind === 'state') state = { trouble: message.trouble, stopped: message.stopped }
    else if (message.kind === 'log') log[message.level](message.facts, message.sentence)
  }

  /** Settled when the thread works; refuses with the Trouble that keeps it from it. */
  const begin = (): Promise<void> =>
    new Promise((resolve, reject) => {
      thread = new Worker(new URL('./sequencer-thread.ts', import.meta.url), { workerData: data })
      thread.on('message', (message: ThreadMessage) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'failed') {
          reject(message.hint === undefined ? new Error(message.message) : new Trouble(message.message, message.hint))
          void thread.terminate()
        } else hear(message)
      })
      thread.on('error', (err) => log.error({ err }, 'the sequencer ended'))
      thread.once('exit', () => {
        reject(new Error(ended))
        if (stopping) return
        state = { trouble: ended, stopped: undefined }
        again = setTimeout(() => {
          begin().catch((err) => log.error({ err }, 'the sequencer did not start again'))
        }, againMilliseconds).unref()
      })
    })

  try {
    await begin()
  } catch (error) {
    stopping = true
    clearTimeout(again)
    throw error
  }
  return {
    trouble: () => state.trouble,
    status: () => readLogStatus(store, key, state.stopped),
    async stop() {
      stopping = true
      clearTimeout(again)
      if (thread.threadId < 0) return
      const gone = once(thread, 'exit')
      thread.postMessage('stop')
      await gone
    },
  }
}
