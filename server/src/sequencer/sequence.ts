import { randomUUID } from 'node:crypto'
import { setTimeout as wait, setImmediate as yieldToOthers } from 'node:timers/promises'
import type { LogStatus } from '@countersign/contract/events.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { type Edge, rootOfEdge } from '@countersign/log/tile.ts'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { announceSequenced } from '../audit/sequenced.ts'
import { readLogStatus } from '../audit/status.ts'
import { Refusal } from '../errors.ts'
import type { Keys } from '../keys.ts'
import type { Store } from '../store/open.ts'
import { type Lease, LostLease, leaseSeconds, releaseLease, renewLease, takeLease } from './lease.ts'
import { loadEdge, Stop } from './load-edge.ts'
import { bindLogKey, type LogKey, logKeyOf } from './log-key.ts'
import { publishCheckpoint, requireContinuity } from './publish.ts'
import { tick } from './tick.ts'

export type SequencerNeeds = {
  store: Store
  keys: Keys
  dataDir: string
  origin: string
  log: Pick<Logger, 'info' | 'warn' | 'error'>
}

type Leader = { lease: Lease; edge: Edge; signedSize: number; signedAt: number; renewedAt: number }

/** Pause between looks for new events, and between looks for a free lease. */
const pollMilliseconds = 200
/** A busy log is signed this often at most; a quiet one as soon as it has grown. */
const checkpointMilliseconds = 1000
const stoppedMilliseconds = 5000

/** A sequencer without timers: whoever holds one calls `step` for as long as it answers `more`. */
export const createSequencer = (needs: SequencerNeeds, holder: string = randomUUID()) => {
  const { store, keys, dataDir, origin } = needs
  const key: LogKey = logKeyOf(keys, origin)
  const publishNeeds = { store, dataDir, key, eventKey: keys.event }
  let leader: Leader | undefined

  /** Takes the lease and makes sure that what is there agrees with itself and continues what was signed. */
  const takeOver = async (): Promise<Leader | undefined> => {
    const lease = await takeLease(store.db, holder)
    if (!lease) return undefined
    try {
      const { size, root } = await store.db.selectFrom('log_sequencer').select(['size', 'root']).executeTakeFirstOrThrow()
      const edge = await loadEdge(store, Number(size))
      if (!root.equals(rootOfEdge(sha256, edge)))
        throw new Stop(`The stored root of ${size} entries is not that of the stored entries and tiles.`)
      await requireContinuity(publishNeeds, { size: edge.size, root })
      return { lease, edge, signedSize: -1, signedAt: Number.NEGATIVE_INFINITY, renewedAt: performance.now() }
    } catch (error) {
      await releaseLease(store.db, lease)
      throw error
    }
  }

  /** Cheap look, without a transaction: is there anything to take? */
  const hasWork = async (): Promise<boolean> => {
    const { rows } = await sql<{ work: boolean }>`
      select exists (select 1 from events where n > s.high_n and not exists (select 1 from log_rejected r where r.n = events.n))
          or exists (select 1 from log_gaps g where g.seen_tx < pg_snapshot_xmin(pg_current_snapshot())
                     or exists (select 1 from events e where e.n = g.n)) as work
      from log_sequencer s`.execute(store.db)
    return rows[0]?.work === true
  }

  const sign = async (held: Leader): Promise<void> => {
    await publishCheckpoint(publishNeeds, { size: held.edge.size, root: rootOfEdge(sha256, held.edge) })
    held.signedSize = held.edge.size
    held.signedAt = performance.now()
  }

  const keepLease = async (held: Leader): Promise<void> => {
    if (performance.now() - held.renewedAt < (leaseSeconds * 1000) / 3) return
    if (!(await renewLease(store.db, held.lease))) throw new LostLease('the lease has run out')
    held.renewedAt = performance.now()
  }

  /** Sequences one batch, and signs when it is time (or when told to). Answers whether there may be more at once. */
  const step = async ({ signNow = false }: { signNow?: boolean } = {}): Promise<{ leading: boolean; more: boolean }> => {
    try {
      leader ??= await takeOver()
      if (!leader) return { leading: false, more: false }
      let more = false
      if (await hasWork()) {
        const ticked = await tick({ store, keys, origin }, leader.lease, leader.edge)
        leader.edge = ticked.edge
        leader.renewedAt = performance.now()
        more = ticked.more
        if (ticked.appended > 0) announceSequenced(store, ticked.edge.size)
        if (ticked.rejected > 0) needs.log.error({ count: ticked.rejected }, 'rows among the events were not written by this program')
      } else {
        await keepLease(leader)
      }
      const isDue = signNow || performance.now() - leader.signedAt >= checkpointMilliseconds
      if (leader.edge.size > Math.max(leader.signedSize, 0) && isDue) await sign(leader)
      return { leading: true, more }
    } catch (error) {
      // Whatever went wrong, what we think of the tree may be outdated: the next step reads it anew.
      const lost = leader
      leader = undefined
      if (error instanceof Stop && lost) await releaseLease(store.db, lost.lease).catch(() => {})
      throw error
    }
  }

  return {
    key,
    step,
    /** Steps until nothing is left to take, then signs. For commands and tests. */
    async drain(): Promise<void> {
      for (let done = false; !done; ) {
        try {
          while ((await step()).more);
          await step({ signNow: true })
          done = true
        } catch (error) {
          // Between two calls the lease may have run out: it is taken anew.
          if (!(error instanceof LostLease)) throw error
        }
      }
    },
    size: () => leader?.edge.size ?? 0,
    isLeading: () => leader !== undefined,
    async release(): Promise<void> {
      if (leader) await releaseLease(store.db, leader.lease)
      leader = undefined
    },
  }
}

/** Runs the sequencer until it is stopped. Refuses (Trouble) a log that was begun with another name or key. */
export const startSequencer = async (needs: SequencerNeeds) => {
  const sequencer = createSequencer(needs)
  await bindLogKey(needs.store, sequencer.key)
  const stopping = new AbortController()
  let trouble: Error | undefined

  /** Remembers and tells what is wrong, once; answers how long to wait before the next try. */
  const noteTrouble = (error: unknown): number => {
    if (error instanceof LostLease) return pollMilliseconds
    const isStop = error instanceof Stop
    if ((error as Error).message !== trouble?.message) needs.log[isStop ? 'error' : 'warn']({ err: error }, 'the log does not grow')
    trouble = error as Error
    return isStop ? stoppedMilliseconds : 5 * pollMilliseconds
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let pause = pollMilliseconds
      try {
        const { leading, more } = await sequencer.step()
        // While another replica leads, what stopped us here has not been looked at again.
        if (leading || !(trouble instanceof Stop)) {
          if (trouble) needs.log.info('the log grows again')
          trouble = undefined
        }
        if (more) pause = 0
      } catch (error) {
        pause = noteTrouble(error)
      }
      if (pause === 0) await yieldToOthers()
      else await wait(pause, undefined, { signal: stopping.signal }).catch(() => {})
    }
    await sequencer.release().catch((error) => needs.log.warn({ err: error }, 'the lease was not given back'))
  }
  const running = run()

  return {
    /** The log's verifier key. */
    key: sequencer.key.text,
    isLeading: sequencer.isLeading,
    /** What keeps the log from growing here, if anything does: a sentence for anyone. */
    trouble: (): string | null => {
      if (!trouble) return null
      return trouble instanceof Stop || trouble instanceof Refusal ? trouble.message : 'The log does not grow; the program log says why.'
    },
    /** Why it has stopped for good, where it has. */
    stopped: (): string | undefined => (trouble instanceof Stop ? trouble.message : undefined),
    status: (): Promise<LogStatus> => readLogStatus(needs.store, sequencer.key.text, trouble instanceof Stop ? trouble.message : undefined),
    async stop(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}

export type Sequencer = Awaited<ReturnType<typeof startSequencer>>
