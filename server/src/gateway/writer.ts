import type { ServiceStatus } from '@countersign/contract/services.ts'
import type { EventParts } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { Keys } from '../keys.ts'
import { formatStatus } from '../run/service.ts'
import { type AskText, formatLines } from '../sessions/record-admissions.ts'
import { runThread } from '../thread.ts'
import type { Grant, Order, Outcome, ThreadData } from './writer-thread.ts'

export type Admitted = {
  /** Until when it may be used, by our monotonic clock and never later than by the database's. */
  deadlineMs: number
  /** What tells the product of it, where it is to be told. */
  assertion: string | undefined
}

export type Writer = {
  /** Records a request where it is admitted; else nothing is recorded and the answer is undefined. */
  admit(event: EventParts, ask: AskText, claims: string | undefined): Promise<Admitted | undefined>
  /** Settled when the event is recorded. */
  note(event: EventParts): Promise<unknown>
  /** Whether anything can be recorded, as far as is known without asking the database. */
  status(): ServiceStatus
  close(): Promise<void>
}

/** What an admission asks for, and what its assertion is to say. */
type Request = { ask: AskText; claims: string | undefined }
type Entry = {
  event: EventParts
  /** Where the event is an admission. */
  request: Request | undefined
  resolve(admitted: Admitted | undefined): void
  reject(error: unknown): void
}
type Sent = { entries: readonly Entry[]; sentMs: number }

type Needs = {
  databaseUrl: string
  keys: Pick<Keys, 'event' | 'assertion'>
  log: { error(facts: object, message: string): void }
}

const unrecorded = 'The gateway admits nothing: what records for it ended and is started again.'
const unansweredMaximum = 4_096

/**
 * Hands what concurrent requests have to record to a thread of its own, which marks, records and signs: that takes longer than
 * forwarding does. There they gather while a statement is under way, and share the next one.
 */
export const startWriter = async ({ databaseUrl, keys, log }: Needs): Promise<Writer> => {
  let waiting: Entry[] = []
  const underWay = new Map<number, Sent>()
  let unanswered = 0
  let lastId = 0
  let isScheduled = false

  const thread = await runThread<Order, Outcome[]>({
    file: new URL('./writer-thread.ts', import.meta.url),
    data: {
      databaseUrl,
      eventKey: keys.event,
      assertionKey: { privateKey: keys.assertion.privateKey, kid: keys.assertion.publicJwk.kid },
    } satisfies ThreadData,
    name: 'what records for the gateway',
    hear: (outcomes) => {
      for (const outcome of outcomes) {
        const sent = underWay.get(outcome.id)
        underWay.delete(outcome.id)
        if (!sent) continue
        if ('code' in outcome) refuseAll(sent.entries, new Refusal(outcome.code))
        else settle(sent, outcome.grants)
      }
    },
    gone: () => {
      // Whether it was recorded is not known: admissions are not used, and outcomes are recorded again.
      for (const { entries } of underWay.values()) refuseAll(entries, new Refusal('store_unavailable'))
      underWay.clear()
    },
    log,
  })

  const settle = ({ entries, sentMs }: Sent, grants: readonly (Grant | undefined)[]): void => {
    unanswered -= entries.length
    for (const [i, { resolve }] of entries.entries()) {
      const grant = grants[i]
      // Counted from before it was sent: at most what the database meant, never more.
      resolve(grant && { deadlineMs: sentMs + grant.remainingMs, assertion: grant.assertion })
    }
  }

  const refuseAll = (entries: readonly Entry[], refusal: Refusal): void => {
    unanswered -= entries.length
    for (const { reject } of entries) reject(refusal)
  }

  const handOver = (): void => {
    isScheduled = false
    const entries = waiting
    waiting = []
    const order: Order = {
      id: ++lastId,
      ...formatLines(entries.map(({ event }) => event)),
      asks: entries.map(({ request }) => request?.ask),
      claims: entries.map(({ request }) => request?.claims),
    }
    underWay.set(order.id, { entries, sentMs: performance.now() })
    if (thread.post(order)) return
    underWay.delete(order.id)
    refuseAll(entries, new Refusal('store_unavailable'))
  }

  const enqueue = (event: EventParts, request?: Request): Promise<Admitted | undefined> =>
    new Promise((resolve, reject) => {
      if (unanswered >= unansweredMaximum) throw new Refusal('overloaded')
      unanswered++
      waiting.push({ event, request, resolve, reject })
      if (isScheduled) return
      // After what has arrived was read: requests and answers of one turn of the event loop are handed over together.
      isScheduled = true
      setImmediate(handOver)
    })

  return {
    admit: (event, ask, claims) => enqueue(event, { ask, claims }),
    note: (event) => enqueue(event),
    status: () => formatStatus('gateway writer', thread.isRunning() ? null : unrecorded),
    close: thread.stop,
  }
}
