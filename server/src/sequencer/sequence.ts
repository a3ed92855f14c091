import type { LogStatus } from '@countersign/contract/events.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { rootOfEdge } from '@countersign/log/tile.ts'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { announceSequenced } from '../audit/sequenced.ts'
import { readLogStatus } from '../audit/status.ts'
import { Refusal } from '../errors.ts'
import type { Keys } from '../keys.ts'
import { type Lease, LostLease, newElected } from '../run/elected.ts'
import { startLoop } from '../run/loop.ts'
import { findChanges, tellChanges } from '../store/log-shape.ts'
import type { Store } from '../store/open.ts'
import { lastNumber, requireHighMark, requireUnmoved } from './high-mark.ts'
import { loadEdge, Stop } from './load-edge.ts'
import { bindLogKey, type LogKey, logKeyOf } from './log-key.ts'
import { newPatrol, type Patrol } from './patrol.ts'
import { publishCheckpoint, readShown, requireContinuity } from './publish.ts'
import { loadTallies, type TallyState, tallyLog } from './tallies.ts'
import { type Head, tick } from './tick.ts'

export type SequencerNeeds = {
  store: Store
  keys: Keys
  dataDir: string
  origin: string
  log: Pick<Logger, 'info' | 'warn' | 'error'>
}

type Leader = Head & { lease: Lease; tallied: TallyState; patrol: Patrol; signedSize: number; signedAt: number; lookedAt: number }

/** How long a sequencer that fell silent keeps others waiting. */
const leaseSeconds = 3
/** Pause between looks for new events, and between looks for a free lease. */
const pollMs = 200
/** A busy log is signed this often at most; a quiet one as soon as it has grown. */
const checkpointMs = 1000
/** How long a change to the tables themselves may go unnoticed. */
const lookMs = 5_000

/** A sequencer without timers: whoever holds one calls `step` for as long as it answers `more`. */
export const createSequencer = (needs: SequencerNeeds, holder?: string) => {
  const { store, keys, dataDir, origin } = needs
  const key: LogKey = logKeyOf(keys, origin)
  const publishNeeds = { store, dataDir, key, eventKey: keys.event }
  const elected = newElected({ store, name: 'sequencer', seconds: leaseSeconds, holder })
  let leader: Leader | undefined

  /** Makes sure that what is there agrees with itself and continues what was signed. */
  const takeOver = async (lease: Lease): Promise<Leader> => {
    const head = await store.db.selectFrom('log_sequencer').select(['size', 'root', 'high_n']).executeTakeFirstOrThrow()
    const { size, root, high_n: highN } = head
    await requireHighMark(store.db, highN)
    const edge = await loadEdge(store, Number(size))
    if (!root.equals(rootOfEdge(sha256, edge)))
      throw new Stop(`The stored root of ${size} entries is not that of the stored entries and tiles.`)
    await requireContinuity(publishNeeds, { size: edge.size, root })
    const never = Number.NEGATIVE_INFINITY
    return {
      lease,
      edge,
      highN,
      tallied: await loadTallies(store),
      patrol: newPatrol(needs, lease),
      signedSize: -1,
      signedAt: never,
      lookedAt: never,
    }
  }

  /** Cheap look, without a transaction: is there anything to take? And is the mark where it was left? */
  const look = async (): Promise<{ work: boolean; high_n: string }> => {
    const { rows } = await sql<{ work: boolean; high_n: string }>`
      select s.high_n,
             exists (select 1 from events where n > s.high_n and n <= (select ${lastNumber}))
          or exists (select 1 from events where n > (select ${lastNumber}) and not exists (select 1 from log_rejected r where r.n = events.n))
          or exists (select 1 from log_gaps g where g.seen_tx < pg_snapshot_xmin(pg_current_snapshot())
                     or exists (select 1 from events e where e.n = g.n)) as work
      from log_sequencer s`.execute(store.db)
    return rows[0] as { work: boolean; high_n: string }
  }

  /**
   * Nothing is taken or signed on tables that are not as they should be: a policy or a trigger could hide or hold back anything. Nor
   * beside a checkpoint that is not ours.
   */
  const requireSound = async (held: Leader): Promise<void> => {
    if (performance.now() - held.lookedAt < lookMs) return
    const change = tellChanges(await findChanges(store.pool))
    if (change !== undefined) throw new Stop(change)
    await readShown(publishNeeds)
    held.lookedAt = performance.now()
  }

  /** What is signed ends with what the log has of each tenant. */
  const sign = async (held: Leader): Promise<void> => {
    if (held.tallied.size < held.edge.size) {
      const { edge, state } = await tallyLog(needs, held.lease, held.tallied, held.edge)
      held.edge = edge
      held.tallied = state
      announceSequenced(store, edge.size)
    }
    await publishCheckpoint(publishNeeds, { size: held.edge.size, root: rootOfEdge(sha256, held.edge) })
    held.signedSize = held.edge.size
    held.signedAt = performance.now()
  }

  /** Takes one batch, if there is any, and signs when it is time. Answers whether there may be more at once. */
  const sequence = async (held: Leader, signNow: boolean): Promise<boolean> => {
    await requireSound(held)
    let more = held.patrol.isDue() && (await held.patrol.step(held.highN))
    const { work, high_n } = await look()
    if (high_n !== held.highN) await requireUnmoved(needs, held.lease, held.highN)
    if (work) {
      const ticked = await tick(needs, held.lease, held)
      held.edge = ticked.edge
      held.highN = ticked.highN
      held.tallied.marks.push(...ticked.marks)
      more ||= ticked.more
      if (ticked.appended > 0) announceSequenced(store, ticked.edge.size)
      if (ticked.rejected > 0) needs.log.error({ count: ticked.rejected }, 'rows among the events were not written by this program')
    }
    const isDue = signNow || performance.now() - held.signedAt >= checkpointMs
    if (held.edge.size > Math.max(held.signedSize, 0) && isDue) await sign(held)
    return more
  }

  /** Sequences one batch, and signs when it is time (or when told to). Answers whether there may be more at once. */
  const step = async ({ signNow = false }: { signNow?: boolean } = {}): Promise<{ leading: boolean; more: boolean }> => {
    const more = await elected.lead(async (lease) => {
      try {
        if (leader?.lease !== lease) leader = await takeOver(lease)
        return await sequence(leader, signNow)
      } catch (error) {
        // Whatever went wrong, what we think of the tree may be outdated: the next step reads it anew.
        leader = undefined
        if (error instanceof Stop) await elected.release().catch(() => {})
        throw error
      }
    })
    if (more === undefined) leader = undefined
    return { leading: more !== undefined, more: more === true }
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
      leader = undefined
      await elected.release()
    },
  }
}

const explain = (error: unknown): string =>
  error instanceof Stop || error instanceof Refusal ? error.message : "The log does not grow; the program's log says why."

/** Runs the sequencer until it is stopped. Refuses (Trouble) a log that was begun with another name or key. */
export const startSequencer = async (needs: SequencerNeeds & { changed?(): void }) => {
  const { store, log, changed } = needs
  const sequencer = createSequencer(needs)
  await bindLogKey(store, sequencer.key)
  let stopped: Stop | undefined

  const pass = async (): Promise<{ nextMs: number } | undefined> => {
    try {
      const { leading, more } = await sequencer.step()
      if (leading) stopped = undefined
      // Another replica leads: what stopped us here has not been looked at again.
      if (stopped) throw stopped
      return more ? { nextMs: 0 } : undefined
    } catch (error) {
      if (error instanceof LostLease) return undefined
      if (error instanceof Stop) stopped = error
      throw error
    }
  }
  const loop = startLoop({
    name: 'sequencer',
    everyMs: pollMs,
    retry: { firstMs: 1_000, longestMs: 5_000 },
    pass,
    end: sequencer.release,
    explain,
    changed,
    log: { info: log.info, warn: (facts, sentence) => log[stopped ? 'error' : 'warn'](facts, sentence) },
  })

  return {
    /** The log's verifier key. */
    key: sequencer.key.text,
    isLeading: sequencer.isLeading,
    /** What keeps the log from growing here, if anything does: a sentence for anyone. */
    trouble: (): string | null => loop.status().last_error,
    /** Why it has stopped until somebody has looked, where it has. */
    stopped: (): string | undefined => stopped?.message,
    status: (): Promise<LogStatus> => readLogStatus(store, sequencer.key.text, stopped?.message),
    stop: loop.stop,
  }
}

export type Sequencer = Awaited<ReturnType<typeof startSequencer>>
