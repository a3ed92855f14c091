import { onSequenced } from '../audit/sequenced.ts'
import type { Keys } from '../keys.ts'
import { openStore } from '../store/open.ts'
import { serveThread } from '../thread.ts'
import { startSequencer } from './sequence.ts'

/** What the thread is given. Buffers arrive as plain bytes. */
export type ThreadData = { databaseUrl: string; keys: Omit<Keys, 'event'> & { event: Uint8Array }; dataDir: string; origin: string }

export type ThreadMessage =
  | { kind: 'grown'; size: number }
  | { kind: 'state'; trouble: string | null; stopped: string | undefined }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; facts: Record<string, unknown>; sentence: string }

/** A backlog must not run into the two seconds that a person waits. */
const answerMs = 30_000

await serveThread<ThreadData, never, ThreadMessage>(async ({ databaseUrl, keys, dataDir, origin }, tell) => {
  const say =
    (level: 'info' | 'warn' | 'error') =>
    (facts: unknown, sentence?: string): void => {
      const err = typeof facts === 'string' ? undefined : (facts as { err?: Error }).err
      const cause = err && (err.stack ?? err.message)
      tell({ kind: 'log', level, facts: cause ? { cause } : {}, sentence: sentence ?? String(facts) })
    }
  const store = await openStore({ url: databaseUrl, max: 3, name: 'countersign-sequencer', answerMs })
  const log = { info: say('info'), warn: say('warn'), error: say('error') }
  const tellState = (): void => tell({ kind: 'state', trouble: sequencer.trouble(), stopped: sequencer.stopped() })
  const sequencer = await startSequencer({
    store,
    keys: { ...keys, event: Buffer.from(keys.event) },
    dataDir,
    origin,
    log,
    changed: tellState,
  })
  tellState()
  onSequenced(store, (size) => tell({ kind: 'grown', size }))
  return {
    close: async () => {
      await sequencer.stop()
      await store.close()
    },
  }
})
