import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { Trouble } from './errors.ts'

/** The one message of a thread that is not what it has to tell: that it works, or why it cannot. */
type Opening = { failed: { message: string; hint: string | undefined } | undefined }

/** What a thread does for the one that started it. */
type Service<Message> = { hear?(message: Message): void; close(): Promise<void> }

export type Thread<Message> = {
  /** Answers whether the thread was there to be told. */
  post(message: Message): boolean
  isRunning(): boolean
  /** Settled when the thread has closed what it holds and is gone. */
  stop(): Promise<void>
}

type Settings<Heard> = {
  /** It calls `serveThread`. */
  file: URL
  data: unknown
  /** What it is called in the program's log: "the sequencer". */
  name: string
  hear(message: Heard): void
  /** It has ended unasked, and is started again in a moment. */
  gone(): void
  log: { error(facts: object, sentence: string): void }
}

const againMs = 1_000
const stop = 'stop'

/** Runs a file in a thread of its own, and again where it ends unasked. Refuses with the Trouble that keeps it from working. */
export const runThread = async <Message, Heard>(settings: Settings<Heard>): Promise<Thread<Message>> => {
  const { file, data, name, hear, gone, log } = settings
  let stopping = false
  let isReady = false
  let again: NodeJS.Timeout | undefined
  let thread: Worker

  const begin = (): Promise<void> =>
    new Promise((resolve, reject) => {
      thread = new Worker(file, { workerData: data })
      thread.on('message', (message: Opening | { told: Heard }) => {
        if ('told' in message) return hear(message.told)
        const { failed } = message
        if (!failed) {
          isReady = true
          return resolve()
        }
        reject(failed.hint === undefined ? new Error(failed.message) : new Trouble(failed.message, failed.hint))
        void thread.terminate()
      })
      thread.on('error', (err) => log.error({ err }, `${name} ended`))
      thread.once('exit', () => {
        isReady = false
        reject(new Error(`${name} ended`))
        if (stopping) return
        gone()
        again = setTimeout(() => {
          begin().catch((err) => log.error({ err }, `${name} did not start again`))
        }, againMs).unref()
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
    post: (message) => {
      if (isReady) thread.postMessage(message)
      return isReady
    },
    isRunning: () => isReady,
    async stop() {
      stopping = true
      clearTimeout(again)
      if (thread.threadId < 0) return
      const exited = once(thread, 'exit')
      thread.postMessage(stop)
      await exited
    },
  }
}

/** In the thread: says that it works, or why it cannot; and closes what it holds when it is to end. */
export const serveThread = async <Data, Message, Told>(
  start: (data: Data, tell: (message: Told) => void) => Promise<Service<Message>>,
): Promise<void> => {
  const port = parentPort
  if (!port) return
  try {
    const service = await start(workerData as Data, (message) => port.postMessage({ told: message }))
    port.on('message', (message: Message | typeof stop) => {
      if (message !== stop) return service.hear?.(message)
      void service.close().finally(() => port.close())
    })
    port.postMessage({ failed: undefined } satisfies Opening)
    // Kept now: a thread whose program is killed keeps nothing at its end.
    flushCompileCache()
  } catch (error) {
    const hint = error instanceof Trouble ? error.hint : undefined
    port.postMessage({ failed: { message: (error as Error).message, hint } } satisfies Opening)
  }
}
