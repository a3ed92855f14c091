import type { ServiceStatus } from '@countersign/contract/services.ts'
import type { EventParts } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import { type LoopLog, startLoop } from '../run/loop.ts'
import type { Writer } from './writer.ts'

/** Makes the event anew for each attempt: one whose answer was lost may be there already, and an id is used once. */
type Make = () => EventParts

/** Outcomes that nobody waits for: tried until they are recorded, so that no admission stays without its outcome. */
export type Outbox = {
  send(make: Make): void
  status(): ServiceStatus
  /** Tries what is left once more. */
  close(): Promise<void>
}

const waitingMaximum = 10_000
const everyMs = 1_000

export const newOutbox = (writer: Writer, log: LoopLog & { error(facts: object, message: string): void }): Outbox => {
  /** What is to be recorded, and the attempt that is under way: never two at once, or it would be there twice. */
  const waiting = new Map<Make, Promise<void> | undefined>()
  const attempt = (make: Make): Promise<void> => {
    const underWay = waiting.get(make)
    if (underWay) return underWay
    const trying = writer.note(make()).then(
      () => void waiting.delete(make),
      () => void waiting.set(make, undefined),
    )
    waiting.set(make, trying)
    return trying
  }
  const flush = async (): Promise<void> => {
    await Promise.all([...waiting.keys()].slice(0, 1_000).map(attempt))
    const isLeft = [...waiting.values()].some((underWay) => underWay === undefined)
    if (isLeft) throw new Refusal('store_unavailable', { cause: new Error(`${waiting.size} outcomes wait to be recorded`) })
  }
  const loop = startLoop({ name: 'gateway outbox', everyMs, pass: flush, end: flush, log })
  return {
    send: (make) => {
      if (waiting.size >= waitingMaximum) {
        log.error({ waiting: waiting.size }, 'an outcome is lost: too many wait to be recorded')
        return
      }
      void attempt(make)
    },
    status: loop.status,
    close: loop.stop,
  }
}
