import { AsyncLocalStorage } from 'node:async_hooks'

/** Told of the bodies of events once they are committed. */
export type Committed = (bodies: readonly string[]) => void

const listening = new AsyncLocalStorage<Committed>()

/** Runs `work`, and has `listener` told of each event that it records, however deep inside, once the event is committed. */
export const hearCommitted = <T>(listener: Committed, work: () => T): T => listening.run(listener, work)

/** Who is to hear of what is recorded here. */
export const whoHears = (): Committed | undefined => listening.getStore()
