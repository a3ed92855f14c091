import { Pool } from 'undici'
import { newConnect } from './connect.ts'
import { addressOf, type Product } from './product.ts'

/** Connections of one session to one address: never shared with another, so that no answer can reach a session that did not ask for it. */
type Lane = { pool: Pool; active: number; idleSinceMs: number }

export type Upstream = {
  /** A connection pool for a session's request to one of the product's addresses; `release` when the request is over. */
  lend(name: string, sessionId: string): { pool: Pool; release(): void }
  close(): Promise<void>
}

const idleMs = 10_000

type Needs = {
  product: Product
  /** Longest wait for the first byte of an answer. */
  timeoutMs: number
  /** Longest that an answer may pause. */
  idleTimeoutMs: number
}

/** Connections to the product, apart for each session. */
export const newUpstream = ({ product, timeoutMs, idleTimeoutMs }: Needs): Upstream => {
  const lanes = new Map<string, Lane>()
  const sweep = setInterval(() => {
    for (const [key, lane] of lanes) {
      if (lane.active > 0 || performance.now() - lane.idleSinceMs < idleMs) continue
      lanes.delete(key)
      void lane.pool.destroy()
    }
  }, idleMs / 2)
  sweep.unref()
  const open = (name: string, key: string): Lane => {
    const pool = new Pool(addressOf(product, name).origin, {
      connections: 100,
      pipelining: 1,
      connect: newConnect({ timeoutMs: Math.min(timeoutMs, 5_000) }),
      headersTimeout: timeoutMs,
      bodyTimeout: idleTimeoutMs,
      maxHeaderSize: 16_384,
      keepAliveTimeout: 4_000,
      allowH2: false,
    })
    const lane = { pool, active: 0, idleSinceMs: 0 }
    lanes.set(key, lane)
    return lane
  }
  return {
    lend: (name, sessionId) => {
      const key = `${sessionId} ${name}`
      const lane = lanes.get(key) ?? open(name, key)
      lane.active++
      return {
        pool: lane.pool,
        release: () => {
          lane.active--
          lane.idleSinceMs = performance.now()
        },
      }
    },
    close: async () => {
      clearInterval(sweep)
      await Promise.all([...lanes.values()].map(({ pool }) => pool.destroy()))
    },
  }
}
