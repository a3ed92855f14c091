import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { ErrorCode } from '@countersign/contract/errors.ts'
import { Refusal } from '../errors.ts'
import { openStore } from '../store/open.ts'
import { serveThread } from '../thread.ts'
import { type AssertionKey, newSigner } from './assertion.ts'
import { type Batch, recordBatch } from './record.ts'

/** What the thread is given. Buffers arrive as plain bytes. */
export type ThreadData = { databaseUrl: string; eventKey: Uint8Array; assertionKey: AssertionKey; lanes: number }

/** A batch, with what the assertions of its admissions are to say. */
export type Order = Batch & { id: number; claims: readonly string[] }

/** What became of it: what is granted, by place, and the assertions; or why nothing is recorded. */
export type Outcome = { id: number } & ({ granted: Map<number, number>; assertions: string[] } | { code: ErrorCode })

await serveThread<ThreadData, Order, Outcome>(async ({ databaseUrl, eventKey, assertionKey, lanes }, tell) => {
  const store = await openStore({ url: databaseUrl, max: lanes, name: 'countersign-gateway' })
  const key = Buffer.from(eventKey)
  const signClaims = newSigner(assertionKey)

  const carryOut = async ({ id, claims, ...batch }: Order): Promise<Outcome> => {
    const recorded = recordBatch(store.pool, key, batch)
    recorded.catch(() => {}) // told below
    // The statement leaves before the assertions are signed. They are of use only with what it answers.
    await yieldToOthers()
    const assertions = claims.map(signClaims)
    return { id, granted: await recorded, assertions }
  }
  return {
    hear: (order) =>
      void carryOut(order).then(tell, (error) => tell({ id: order.id, code: error instanceof Refusal ? error.code : 'store_unavailable' })),
    close: store.close,
  }
})
