import { type Kysely, sql } from 'kysely'
import { failurePhrases, findCallFailure } from '../../../outbound/failure.ts'
import { openPeer } from '../../../outbound/peer.ts'
import { holdLease, type Lease, newElected } from '../../../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../../../run/loop.ts'
import type { Store } from '../../../store/open.ts'
import type { Tables } from '../../../store/tables.ts'
import { noteSignal, withPartitions } from '../../record-minutes.ts'
import { readNowUs } from '../clock.ts'
import type { Counts } from '../counts.ts'
import { holdSources } from '../sources.ts'
import { addTaken, type Taken, takeMinutes, takenNothing } from '../take.ts'
import type { Tally } from '../tally.ts'
import { askRates, type Prometheus, type Range } from './ask.ts'
import { countCalls } from './count.ts'

export type PrometheusSettings = {
  url: string
  calls_query: string
  errors_query: string
  tenant_label: string
  minute_window: string
  delay_seconds: number
  token_env?: string | undefined
}

type Needs = {
  store: Store
  settings: PrometheusSettings
  counts: Counts
  environment: NodeJS.ProcessEnv
  log: LoopLog & Parameters<typeof openPeer>[0]['log']
}

const source = 'prometheus'
const hour = 3_600
const everyMs = 15_000
/** Longer than both calls take. */
const leaseSeconds = 60
/** Hours are asked for beyond what is kept by minutes. */
const minuteHours = 26
const firstDays = 7
const hoursAtOnce = 24
/** Rows that are written at once. */
const rowsAtOnce = 10_000

const floor = (seconds: number, step: number): number => Math.floor(seconds / step) * step

/**
 * What is asked next, and up to when it then is known: the oldest hours first. Minutes are asked for by whole hours of the clock, the one
 * that goes on again and again, so that what is rounded is always rounded from the same place.
 */
export const nextRange = (
  takenUntil: number | undefined,
  now: number,
  settings: Pick<PrometheusSettings, 'minute_window' | 'delay_seconds'>,
): Range | undefined => {
  const complete = floor(now - settings.delay_seconds, 60)
  const edge = floor(now, hour) - minuteHours * hour
  const from = takenUntil ?? floor(now, hour) - firstDays * 24 * hour
  if (from >= complete) return undefined
  const begin = Math.max(floor(from, hour), floor(now, hour) - 9 * 24 * hour)
  if (begin < edge) return { first: begin + hour, last: Math.min(begin + hoursAtOnce * hour, edge), step: hour, window: '1h' }
  return { first: begin + 60, last: Math.min(begin + hour, complete), step: 60, window: settings.minute_window }
}

const readCursor = async (db: Kysely<Tables>): Promise<number | undefined> => {
  const row = await db.selectFrom('signal_cursors').select('taken_until').where('source', '=', source).executeTakeFirst()
  return row && row.taken_until.getTime() / 1_000
}

const moveCursor = async (tx: Kysely<Tables>, until: number): Promise<void> => {
  await sql`
    insert into signal_cursors (source, taken_until) values (${source}, to_timestamp(${until}))
    on conflict (source) do update set taken_until = excluded.taken_until, moved_at = clock_timestamp()`.execute(tx)
}

/** Takes one range, with the cursor in the same transaction: what was not taken is asked for again. Answers whether there was one. */
const takeNext = async ({ store, settings, counts }: Needs, prometheus: Prometheus, lease: Lease): Promise<boolean> => {
  const now = (await readNowUs(store.db)) / 1e6
  const range = nextRange(await readCursor(store.db), now, settings)
  if (!range) return false
  const tally: Tally = new Map()
  const calls = await askRates(prometheus, settings.calls_query, range, tally)
  const errors = await askRates(prometheus, settings.errors_query, range, tally)
  const taken = await withPartitions(store, async (tx) => {
    await holdLease(tx, lease)
    const name = (await holdSources(tx, { way: 'prometheus', key_id: null, names: [source] })).get(source)?.name ?? source
    const minutes = countCalls(name, { calls, errors }, range)
    let sum: Taken = takenNothing
    for (let from = 0; from < minutes.length; from += rowsAtOnce)
      sum = addTaken(sum, await takeMinutes(tx, minutes.slice(from, from + rowsAtOnce), range.step === hour ? 'hour' : 'minute', tally))
    if (minutes.length > 0) await noteSignal({ db: tx }, new Date((range.last - 60) * 1_000))
    await moveCursor(tx, range.last)
    return sum
  })
  counts.addAll(tally)
  counts.add('accepted', taken.accepted)
  counts.add('unknown', taken.unknown)
  return true
}

const explain = (error: unknown): string => {
  const failure = findCallFailure(error)
  return failure ? `Prometheus: ${failurePhrases[failure.kind]}.` : "It failed; the program's log says why."
}

/**
 * Asks a Prometheus for what was called, minute by minute, one process at a time among all instances. It begins seven days ago, and
 * goes on where it stopped, whoever was away.
 */
export const startPrometheus = (needs: Needs): Loop => {
  const { store, settings, environment, log } = needs
  const peer = openPeer({ name: 'prometheus', timeoutMs: 20_000, answerBytes: 32_000_000, log })
  const token = settings.token_env === undefined ? undefined : environment[settings.token_env]
  const elected = newElected({ store, name: 'prometheus', seconds: leaseSeconds })
  return startLoop({
    name: 'prometheus',
    everyMs,
    retry: { firstMs: 1_000, longestMs: 30_000 },
    pass: async (signal) => {
      await elected.lead(async (lease) => {
        while (!signal.aborted && (await takeNext(needs, { peer, url: settings.url, tenant_label: settings.tenant_label, token }, lease)));
      })
      await needs.counts.flush(store)
    },
    end: async () => {
      await elected.release()
      await peer.close()
    },
    explain,
    log,
  })
}
