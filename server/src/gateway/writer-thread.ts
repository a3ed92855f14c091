import type { ErrorCode } from '@countersign/contract/errors.ts'
import { Refusal } from '../errors.ts'
import { openStore } from '../store/open.ts'
import { serveThread } from '../thread.ts'
import { type AssertionKey, newSigner } from './assertion.ts'
import { type Batch, type Marked, markBatch, recordBatches } from './record.ts'

/** What the thread is given. Buffers arrive as plain bytes. */
export type ThreadData = { databaseUrl: string; eventKey: Uint8Array; assertionKey: AssertionKey }

/** A batch, with what the assertions of its admissions are to say. */
export type Order = Batch & { id: number; claims: readonly string[] }

/** What became of it: what is granted, by place, and the assertions; or why nothing is recorded. */
export type Outcome = { id: number } & ({ granted: Map<number, number>; assertions: string[] } | { code: ErrorCode })

/** Events that one statement takes, unless a single order has more. */
const largest = 512

await serveThread<ThreadData, Order, Outcome[]>(async ({ databaseUrl, eventKey, assertionKey }, tell) => {
  const store = await openStore({ url: databaseUrl, max: 1, name: 'countersign-gateway' })
  const key = Buffer.from(eventKey)
  const signClaims = newSigner(assertionKey)
  const waiting: (Order & Marked)[] = []
  let isBusy = false

  const takeOrders = (): (Order & Marked)[] => {
    let events = 0
    const end = waiting.findIndex(({ places }) => {
      events += places.length
      return events > largest
    })
    return waiting.splice(0, end < 0 ? waiting.length : Math.max(end, 1))
  }

  /** Records what has gathered. As soon as the database has answered it is asked again: only then the outcome is told. */
  const carryOn = (): void => {
    if (isBusy || waiting.length === 0) return
    isBusy = true
    const orders = takeOrders()
    const next = (): void => {
      isBusy = false
      carryOn()
    }
    // Signed after the statement has left, while the database decides. They are of use only with its yes.
    const signed = new Promise<string[][]>((resolve) => setImmediate(() => resolve(orders.map(({ claims }) => claims.map(signClaims)))))
    recordBatches(store.pool, orders).then(
      async (granted) => {
        next()
        const assertions = await signed
        tell(orders.map(({ id }, i) => ({ id, granted: granted[i] ?? new Map(), assertions: assertions[i] ?? [] })))
      },
      (error: unknown) => {
        next()
        const code = error instanceof Refusal ? error.code : 'store_unavailable'
        tell(orders.map(({ id }) => ({ id, code })))
      },
    )
  }

  return {
    hear: (order) => {
      waiting.push(markBatch(key, order))
      carryOn()
    },
    close: store.close,
  }
})
