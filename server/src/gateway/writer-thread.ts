import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { ErrorCode } from '@countersign/contract/errors.ts'
import { Refusal } from '../errors.ts'
import { newSigner, type SigningKey } from '../outbound/sign.ts'
import { type Batch, type Marked, openRecorder } from '../sessions/record-admissions.ts'
import { serveThread } from '../thread.ts'

/** What the thread is given. Buffers arrive as plain bytes. */
export type ThreadData = { databaseUrl: string; eventKey: Uint8Array; assertionKey: SigningKey }

/** A batch, with what the assertion is to say of each event that is an admission. */
export type Order = Batch & { id: number; claims: readonly (string | undefined)[] }

/** A request that is admitted: for how much longer, and with what assertion, if any was asked for. */
export type Grant = { remainingMs: number; assertion: string | undefined }

/** What became of it: for each event the grant, where there is one; or why nothing is recorded. */
export type Outcome = { id: number } & ({ grants: (Grant | undefined)[] } | { code: ErrorCode })

/** Events that one statement takes, unless a single order has more. */
const eventsMaximum = 512

await serveThread<ThreadData, Order, Outcome[]>(async ({ databaseUrl, eventKey, assertionKey }, tell) => {
  const recorder = await openRecorder({ databaseUrl, eventKey: Buffer.from(eventKey) })
  const signClaims = newSigner(assertionKey)
  const waiting: (Order & Marked)[] = []
  let isBusy = false

  const takeOrders = (): (Order & Marked)[] => {
    let events = 0
    const end = waiting.findIndex(({ asks }) => {
      events += asks.length
      return events > eventsMaximum
    })
    return waiting.splice(0, end < 0 ? waiting.length : Math.max(end, 1))
  }

  const outcomesOf = async (orders: readonly Order[], recorded: Promise<(number | undefined)[][]>): Promise<Outcome[]> => {
    // The statement leaves before assertions are signed. They are handed over only with its yes.
    await yieldToOthers()
    const assertions = orders.map(({ claims }) => claims.map((claim) => claim && signClaims(claim)))
    try {
      const remaining = await recorded
      const grantOf = (i: number, k: number): Grant | undefined => {
        const remainingMs = remaining[i]?.[k]
        return remainingMs === undefined ? undefined : { remainingMs, assertion: assertions[i]?.[k] }
      }
      return orders.map(({ id, asks }, i) => ({ id, grants: asks.map((_, k) => grantOf(i, k)) }))
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'store_unavailable'
      return orders.map(({ id }) => ({ id, code }))
    }
  }

  /** Records what has gathered. As soon as the database has answered it is asked again: only then the outcome is told. */
  const carryOn = (): void => {
    if (isBusy || waiting.length === 0) return
    isBusy = true
    const orders = takeOrders()
    const recorded = recorder.record(orders)
    const next = (): void => {
      isBusy = false
      carryOn()
    }
    recorded.then(next, next)
    void outcomesOf(orders, recorded).then(tell)
  }

  return {
    hear: (order) => {
      waiting.push(recorder.mark(order))
      carryOn()
    },
    close: recorder.close,
  }
})
