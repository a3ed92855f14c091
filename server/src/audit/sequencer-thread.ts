import { parentPort, workerData } from 'node:worker_threads'
import { Trouble } from '../errors.ts'
import type { Keys } from '../keys.ts'
import { openStore } from '../store/open.ts'
import { startSequencer } from './sequence.ts'
import { onSequenced } from './sequenced.ts'

/** What the thread is given. Buffers arrive as plain bytes. */
export type ThreadData = { databaseUrl: string; keys: Omit<Keys, 'event'> & { event: Uint8Array }; dataDir: string; origin: string }

export type ThreadMessage =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string; hint: string | undefined }
  | { kind: 'grown'; size: number }
  | { kind: 'state'; trouble: string | null; stopped: string | undefined }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; facts: Record<string, unknown>; sentence: string }

/** A backlog must not run into the two seconds that a person waits. */
const answerMs = 30_000
const stateMilliseconds = 250

const port = parentPort
if (port) {
  const post = (message: ThreadMessage): void => port.postMessage(message)
  const say =
    (level: 'info' | 'warn' | 'error') =>
    (facts: unknown, sentence?: string): void => {
      const err = typeof facts === 'string' ? undefined : (facts as { err?: Error }).err
      const cause = err && (err.stack ?? err.message)
      post({ kind: 'log', level, facts: cause ? { cause } : {}, sentence: sentence ?? String(facts) })
    }
  const { databaseUrl, keys, dataDir, origin } = workerData as ThreadData
  try {
    const store = await openStore({ url: databaseUrl, max: 3, name: 'countersign-sequencer', answerMs })
    const log = { info: say('info'), warn: say('warn'), error: say('error') }
    const sequencer = await startSequencer({ store, keys: { ...keys, event: Buffer.from(keys.event) }, dataDir, origin, log })
    onSequenced(store, (size) => post({ kind: 'grown', size }))
    let told = ''
    const watch = setInterval(() => {
      const state = { trouble: sequencer.trouble(), stopped: sequencer.stopped() }
      if (JSON.stringify(state) === told) return
      told = JSON.stringify(state)
      post({ kind: 'state', ...state })
    }, stateMilliseconds)
    port.once('message', async () => {
      clearInterval(watch)
      await sequencer.stop()
      await store.close()
      port.close()
    })
    post({ kind: 'ready' })
  } catch (error) {
    post({ kind: 'failed', message: (error as Error).message, hint: error instanceof Trouble ? error.hint : undefined })
  }
}
