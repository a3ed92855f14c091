import { TenantId } from '@countersign/contract/ids.ts'
import { type Kysely, sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import type { Journal } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import type { Connector, TenantRows } from './connector.ts'
import { type Changes, findLeaving, mirrorPage, sweepUnseen } from './mirror.ts'
import { forgetUnseen, type Noted, noteUnreadable, takeUnreadable } from './unreadable.ts'

const pageSize = 500
/** How soon all is read again while something could not be: it may be mended without a change that an incremental round sees. */
const fullWhileUnreadableSeconds = 900
/** Unreadable rows that an event names. */
const namedRows = 20

export type RoundNeeds = Base & {
  connector: Connector
  /** Ends what runs in the name of tenants that are gone, in the transaction that notes it. */
  endSessions(tx: Kysely<Tables>, tenantIds: readonly string[]): Promise<void>
}
export type Schedule = { sync_seconds: number; full_sync_hours: number }
/** Whose directory it is. */
export type Source = { address: string; audience: string }

export type Round = { round: string; full_round: boolean; cursor: string | null; sync_token: string | null }

const columns = sql.raw('round, full_round, cursor, sync_token')

/**
 * Cursor and token of one directory are not told to another: where the configuration names another one, all is read anew, and
 * the mirror has not been read until that is done.
 */
const turnTo = async (tx: Kysely<Tables>, source: Source): Promise<Source | undefined> => {
  const { rows } = await sql<{ address: string | null; audience: string | null }>`
    select address, audience from directory_sync where id = 1 for update`.execute(tx)
  const [known] = rows
  if (known?.address === source.address && known.audience === source.audience) return undefined
  await sql`
    update directory_sync set address = ${source.address}, audience = ${source.audience},
      cursor = null, sync_token = null, finished_at = null, full_finished_at = null, error = null
    where id = 1`.execute(tx)
  return known?.address && known.audience ? { address: known.address, audience: known.audience } : undefined
}

const nothing: Changes = { added: 0, changed: 0, deleted: 0, restored: 0, recreated: [], recreated_at: null }

type News = { changes?: Changes; unreadable?: Noted[]; from?: Source }

/** What an unreadable row is named by in an event: what the directory wrote in place of an id is no id. */
const nameRow = ({ id, members }: Noted) => (TenantId.safeParse(id).success ? { id, members } : { members })

const recordNews = async (tx: Kysely<Tables>, journal: Journal, round: Round, news: News): Promise<void> => {
  const { changes = nothing, unreadable = [], from } = news
  const { recreated, recreated_at: recreatedAt, ...counts } = changes
  const lists = [recreated, unreadable, from ? [from] : []]
  if (Object.values(counts).every((count) => count === 0) && lists.every((list) => list.length === 0)) return
  await journal.record(tx, {
    action: 'TENANT.DIRECTORY.SYNCED',
    result: 'ok',
    actor: { kind: 'system', id: 'directory' },
    details: {
      round: Number(round.round),
      full: round.full_round,
      ...counts,
      ...(recreated.length > 0 && recreatedAt ? { recreated, recreated_at: recreatedAt } : {}),
      ...(unreadable.length > 0 ? { unreadable: { count: unreadable.length, rows: unreadable.slice(0, namedRows).map(nameRow) } } : {}),
      ...(from ? { from } : {}),
    },
  })
}

/** If a round is due, by the database's clock: goes on with the one that was left at a cursor, or begins a new one. */
export const beginRound = (
  { store, journal }: Pick<Base, 'store' | 'journal'>,
  lease: Lease,
  { sync_seconds, full_sync_hours, ...source }: Schedule & Source,
): Promise<Round | undefined> =>
  transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const from = await turnTo(tx, source)
    const { rows } = await sql<Round>`
      update directory_sync set
        round = case when cursor is null then round + 1 else round end,
        started_at = case when cursor is null then clock_timestamp() else started_at end,
        full_round = case when cursor is not null then full_round else
          sync_token is null or full_finished_at is null
          or full_finished_at <= clock_timestamp() - make_interval(secs => case
            when exists (select from unreadable_tenants) then ${Math.min(fullWhileUnreadableSeconds, full_sync_hours * 3600)}::float8
            else ${full_sync_hours * 3600}::float8 end) end
      where id = 1
        and (cursor is not null or error is not null or finished_at is null
          or finished_at <= clock_timestamp() - make_interval(secs => ${sync_seconds}))
      returning ${columns}`.execute(tx)
    const [begun] = rows
    if (begun?.full_round && begun.cursor === null) await sql`truncate directory_seen`.execute(tx)
    if (begun && from) await recordNews(tx, journal, begun, { from })
    return begun
  })

const advance = async (tx: Kysely<Tables>, round: Round, next: string | null, syncToken: string | null): Promise<Round> => {
  const done = next === null
  const { rows } = await sql<Round>`
    update directory_sync set
      cursor = ${next},
      sync_token = ${done ? syncToken : round.sync_token},
      finished_at = case when ${done}::boolean then clock_timestamp() else finished_at end,
      full_finished_at = case when ${done && round.full_round}::boolean then clock_timestamp() else full_finished_at end,
      error = null
    where id = 1
    returning ${columns}`.execute(tx)
  return rows[0] as Round
}

const readPage = (connector: Connector, round: Round): Promise<TenantRows> =>
  connector.listTenants({
    limit: pageSize,
    ...(round.cursor === null ? {} : { cursor: round.cursor }),
    ...(round.full_round || round.sync_token === null ? {} : { since: round.sync_token }),
  })

/** Stores a page with its cursor and its event. Answers the round as it stands, and whether it is over. */
const storePage = async (
  { store, journal, endSessions }: RoundNeeds,
  lease: Lease,
  round: Round,
  page: TenantRows,
): Promise<{ round: Round; over: boolean; changes: Changes }> => {
  const { tenants, unreadable } = page
  const next = page.next_cursor
  if (next !== null && next === round.cursor) throw new Refusal('directory_garbled', { cause: new Error('a page that leads to itself') })
  return transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const advanced = await advance(tx, round, next, page.sync_token)
    const gone = await takeUnreadable(tx, round.full_round, unreadable)
    // Before the mirror changes: what is recorded of a former tenant's sessions is older than the one that has its id now.
    await endSessions(tx, [...gone, ...(await findLeaving(tx, tenants))])
    const { fresh, ...changes } = await mirrorPage(tx, round.full_round, tenants)
    const readable = tenants.map(({ id }) => id)
    const noted = await noteUnreadable(tx, round.round, unreadable, readable)
    if (round.full_round && next !== null && fresh + noted.fresh === 0 && tenants.length + unreadable.length > 0) {
      throw new Refusal('directory_garbled', { cause: new Error('a page that was there before: the list does not end') })
    }
    changes.deleted += gone.length
    if (round.full_round && next === null) {
      const swept = await sweepUnseen(tx)
      await endSessions(tx, swept)
      changes.deleted += swept.length
      await forgetUnseen(tx, round.round)
    }
    await recordNews(tx, journal, round, { changes, unreadable: noted.news })
    return { round: advanced, over: next === null, changes }
  })
}

/** Keeps why a round failed. What was garbled begins anew with a full round; what was only unavailable goes on where it stands. */
const leaveRound = (store: Store, lease: Lease, error: unknown): Promise<void> =>
  transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const garbled = error instanceof Refusal && error.code === 'directory_garbled'
    const cause = error instanceof Refusal ? error.facts.cause : error
    const text = `${error instanceof Refusal ? error.code : 'internal'}: ${String((cause as Error)?.message ?? cause)}`
    await sql`
      update directory_sync set
        error = ${text.slice(0, 500)},
        cursor = case when ${garbled}::boolean then null else cursor end,
        sync_token = case when ${garbled}::boolean then null else sync_token end
      where id = 1`.execute(tx)
  })

/** Runs a round to its end, page by page, or until `stopping`, which waits for no page. Whoever lost the lease stores no further one. */
export const runRound = async (needs: RoundNeeds, lease: Lease, begun: Round, stopping: AbortSignal): Promise<Changes> => {
  const total: Changes = { ...nothing, recreated: [] }
  const stopped = new Promise<undefined>((resolve) => {
    stopping.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  let round = begun
  try {
    for (let over = false; !over && !stopping.aborted; ) {
      const page = await Promise.race([readPage(needs.connector, round), stopped])
      if (!page) break
      const turned = await storePage(needs, lease, round, page)
      round = turned.round
      over = turned.over
      for (const name of ['added', 'changed', 'deleted', 'restored'] as const) total[name] += turned.changes[name]
      total.recreated.push(...turned.changes.recreated)
    }
    return total
  } catch (error) {
    await leaveRound(needs.store, lease, error).catch(() => {})
    throw error
  }
}
