import type { ServiceStatus } from '@countersign/contract/services.ts'
import { newBudget } from '../access/budget.ts'
import { denialOf } from '../access/deny.ts'
import { anonymous } from '../access/principal.ts'
import type { DenialOf } from '../audit/record.ts'
import { type LoopLog, startLoop } from '../run/loop.ts'
import { newPace } from './pace.ts'

type Refused = DenialOf<'GATEWAY.REFUSED'>

/** Callers behind whom no session stands. Anybody can be one, as often as they like. */
export type Strangers = {
  /** Whether this address is still told why it is refused, or only that it asks too often. */
  mayAsk(address: string | undefined): boolean
  /** Records the refusal; or counts it, where enough were recorded in this minute. The next one recorded has the count. */
  record(event: Refused): Promise<void>
  /** Puts a count that no refusal has come to take along on the record. */
  flush(): Promise<void>
  status(): ServiceStatus
  /** Puts the last count on the record. */
  close(): Promise<void>
}

type Needs = {
  note(event: Refused): Promise<unknown>
  log: LoopLog
  /** Monotonic milliseconds. */
  now?: () => number
}

const recordedPerMinute = 120
const flushEveryMs = 60_000

export const newStrangers = ({ note, log, now = () => performance.now() }: Needs): Strangers => {
  const budget = newBudget(recordedPerMinute, now)
  const pace = newPace({ burst: 200, perSecond: 50, now })
  let unrecorded = 0

  /** The count goes along; where it could not be recorded it is not forgotten. */
  const noteWithCount = async (event: Refused): Promise<void> => {
    const counted = unrecorded
    unrecorded = 0
    try {
      await note(counted === 0 ? event : { ...event, details: { ...event.details, unrecorded: counted } })
    } catch (error) {
      unrecorded += counted
      throw error
    }
  }

  const flush = async (): Promise<void> => {
    if (unrecorded === 0) return
    const note = 'Requests that no session stands behind were refused; there were too many to record each.'
    await noteWithCount(denialOf(undefined, { action: 'GATEWAY.REFUSED', actor: anonymous, note }))
  }

  const loop = startLoop({ name: 'gateway strangers', everyMs: flushEveryMs, firstMs: flushEveryMs, pass: flush, end: flush, log })
  return {
    mayAsk: (address = 'unknown') => pace.take(address),
    record: async (event) => {
      if (budget.take() === undefined) unrecorded++
      else await noteWithCount(event)
    },
    flush,
    status: loop.status,
    close: loop.stop,
  }
}
