import { Pool } from 'undici'
import { newConnect } from './connect.ts'

/** Connections of one session: never shared with another, so that no answer can reach a session that did not ask for it. */
type Lane = { pool: Pool; active: number; idleSinceMs: number }

export type Upstream = {
  /** A connection pool for a session's request; `release` when the request is over. */
  lend(sessionId: string): { pool: Pool; release(): void }
  close(): Promise<void>
}

const idleMs = 10_000

/** Connections to the product, apart for each session. */
export const newUpstream = ({ origin, timeoutMs }: { origin: string; timeoutMs: number }): Upstream => {
  const lanes = new Map<string, Lane>()
  const sweep = setInterval(() => {
    for (const [sessionId, lane] of lanes) {
      if (lane.active > 0 || performance.now() - lane.idleSinceMs < idleMs) continue
      lanes.delete(sessionId)
      void lane.pool.destroy()
    }
  }, idleMs / 2)
  sweep.unref()
  const open = (sessionId: string): Lane => {
    const pool = new Pool(origin, {
      connections: 100,
      pipelining: 1,
      connect: newConnect({ timeoutMs: Math.min(timeoutMs, 5_000) }),
      headersTimeout: timeoutMs,
      bodyTimeout: Math.max(timeoutMs, 60_000),
      maxHeaderSize: 16_384,
      keepAliveTimeout: 4_000,
      allowH2: false,
    })
    const lane = { pool, active: 0, idleSinceMs: 0 }
    lanes.set(sessionId, lane)
    return lane
  }
  return {
    lend: (sessionId) => {
      const lane = lanes.get(sessionId) ?? open(sessionId)
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
