import type { EventHalves } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { Keys } from '../keys.ts'
import { runThread } from '../thread.ts'
import type { SessionFacts } from './facts.ts'
import type { Ask } from './record.ts'
import type { Order, Outcome, ThreadData } from './writer-thread.ts'

export type Admitted = {
  /** Until when it may be used, by our monotonic clock and never later than by the database's. */
  deadline_ms: number
  /** What tells the product of it. */
  assertion: string
}

export type Writer = {
  /** Records a request where it is admitted; else nothing is recorded and the answer is undefined. */
  admit(event: EventHalves, facts: SessionFacts, scope: string, claims: string): Promise<Admitted | undefined>
  /** Settled when the event is recorded. */
  note(event: EventHalves): Promise<unknown>
  /** Whether anything can be recorded, as far as is known without asking the database. */
  isRunning(): boolean
  close(): Promise<void>
}

type Request = { facts: SessionFacts; scope: string; claims: string }
type Entry = {
  event: EventHalves
  /** Where the event is an admission. */
  request?: Request
  resolve(admitted: Admitted | undefined): void
  reject(error: unknown): void
}
type Sent = { entries: readonly Entry[]; places: readonly number[]; sentMs: number }

type Needs = {
  databaseUrl: string
  keys: Pick<Keys, 'event' | 'assertion'>
  log: { error(facts: object, message: string): void }
}

const longestQueue = 4_096

/** The asks of a batch, each once, and for each entry the place of its own. */
const gatherAsks = (entries: readonly Entry[]): { asks: Ask[]; places: number[] } => {
  const asks: Ask[] = []
  const known = new Map<SessionFacts, Map<string, number>>()
  const placeOf = ({ facts, scope }: Request): number => {
    const scopes = known.get(facts) ?? new Map<string, number>()
    known.set(facts, scopes)
    const before = scopes.get(scope)
    if (before !== undefined) return before
    const { id, token_hash, tenant_id, staff } = facts
    const place = asks.push([id, token_hash, tenant_id, staff.id, staff.email, staff.name, scope])
    scopes.set(scope, place)
    return place
  }
  return { places: entries.map(({ request }) => (request ? placeOf(request) : 0)), asks }
}

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
        else settle(sent, outcome.granted, outcome.assertions)
      }
    },
    gone: () => {
      // Whether it was recorded is not known: admissions are not used, and outcomes are recorded again.
      for (const { entries } of underWay.values()) refuseAll(entries, new Refusal('store_unavailable'))
      underWay.clear()
    },
    log,
  })

  const settle = ({ entries, places, sentMs }: Sent, granted: Map<number, number>, assertions: readonly string[]): void => {
    unanswered -= entries.length
    let admission = 0
    for (const [i, { request, resolve }] of entries.entries()) {
      if (!request) {
        resolve(undefined)
        continue
      }
      const assertion = assertions[admission++] as string
      const remainingMs = granted.get(places[i] as number)
      // Counted from before it was sent: at most what the database meant, never more.
      resolve(remainingMs === undefined ? undefined : { deadline_ms: sentMs + remainingMs, assertion })
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
    const { asks, places } = gatherAsks(entries)
    const order: Order = {
      id: ++lastId,
      asks,
      places,
      heads: entries.map(({ event }) => event.head).join('\n'),
      tails: entries.map(({ event }) => event.tail).join('\n'),
      claims: entries.flatMap(({ request }) => request?.claims ?? []),
    }
    underWay.set(order.id, { entries, places, sentMs: performance.now() })
    if (thread.post(order)) return
    underWay.delete(order.id)
    refuseAll(entries, new Refusal('store_unavailable'))
  }

  const enqueue = (event: EventHalves, request?: Request): Promise<Admitted | undefined> =>
    new Promise((resolve, reject) => {
      if (unanswered >= longestQueue) throw new Refusal('overloaded')
      unanswered++
      waiting.push({ event, ...(request ? { request } : {}), resolve, reject })
      if (isScheduled) return
      // After what has arrived was read: requests and answers of one turn of the event loop are handed over together.
      isScheduled = true
      setImmediate(handOver)
    })

  return {
    admit: (event, facts, scope, claims) => enqueue(event, { facts, scope, claims }),
    note: (event) => enqueue(event),
    isRunning: thread.isRunning,
    close: thread.stop,
  }
}
