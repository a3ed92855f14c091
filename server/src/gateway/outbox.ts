import type { DraftEvent } from '../audit/record.ts'
import type { Writer } from './writer.ts'

/** Makes the event anew for each attempt: one whose answer was lost may be there already, and an id is used once. */
type Make = () => DraftEvent

/** Outcomes that nobody waits for: tried until they are recorded, so that no admission stays without its outcome. */
export type Outbox = {
  send(make: Make): void
  /** Tries what is left once more; answers how many remain. */
  flush(): Promise<number>
  close(): void
}

const longest = 10_000
const everyMs = 1_000

export const newOutbox = (writer: Writer, log: { error(facts: object, message: string): void }): Outbox => {
  const waiting = new Set<Make>()
  const attempt = async (make: Make): Promise<void> => {
    try {
      await writer.note(make())
      waiting.delete(make)
    } catch {
      // It stays and is tried again.
    }
  }
  const flush = async (): Promise<number> => {
    await Promise.all([...waiting].slice(0, 1_000).map(attempt))
    return waiting.size
  }
  let busy = false
  const timer = setInterval(() => {
    if (busy || waiting.size === 0) return
    busy = true
    void flush().finally(() => {
      busy = false
    })
  }, everyMs)
  timer.unref()
  return {
    send: (make) => {
      if (waiting.size >= longest) {
        log.error({ waiting: waiting.size }, 'an outcome is lost: too many wait to be recorded')
        return
      }
      waiting.add(make)
      void attempt(make)
    },
    flush,
    close: () => clearInterval(timer),
  }
}
