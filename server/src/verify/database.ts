import type { Event } from '@countersign/contract/events.ts'
import type { DisclosureAccount } from '@countersign/log/account.ts'
import { verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { LogError } from '@countersign/log/errors.ts'
import type { VerifierKey } from '@countersign/log/note.ts'
import { createSeen } from '@countersign/log/seen.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { createTallies, type Replacement, readReplacements } from '@countersign/log/tallies.ts'
import type { Tally } from '@countersign/log/tally.ts'
import { createTallyCheck } from '@countersign/log/tally-check.ts'
import type { FullTile } from '@countersign/log/tile.ts'
import { createVerifier, type ExpectedHead, type Finding, formatPlace } from '@countersign/log/verifier.ts'
import type { EntryListener } from '@countersign/log/verify.ts'
import { type Kysely, sql } from 'kysely'
import { hasMac } from '../audit/check-event.ts'
import { checkEntryRow, type EntryRow, readEntryRows } from '../audit/entry-rows.ts'
import { Trouble } from '../errors.ts'
import { findChanges, tellChanges } from '../store/log-shape.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { type ApprovalAccount, createApprovals } from './approvals.ts'
import { createBeside } from './beside.ts'
import { createStoredTiles } from './stored-tiles.ts'

export type DatabaseVerification = {
  origin: string
  size: number
  entries: number
  root: Uint8Array
  checkpoints: number
  findings: Finding[]
  disclosed: DisclosureAccount
  approvals: ApprovalAccount
}

type Needs = {
  trusted: readonly VerifierKey[]
  earlier: readonly string[]
  eventKey?: Buffer | undefined
  onEntry?: EntryListener | undefined
}

/** Findings that are kept: enough to see what happened, not so many that a ruined log fills the memory. */
const maxFindings = 1000

/** Heads from the signed checkpoints in the table and from outside. A note that is not to be believed is a finding. */
const readHeads = async (tx: Kysely<Tables>, { trusted, earlier }: Needs, findings: Finding[]): Promise<ExpectedHead[]> => {
  const heads: ExpectedHead[] = []
  const add = async (note: string, name: string, kind: ExpectedHead['kind'], size?: string, root?: Buffer): Promise<void> => {
    try {
      const checkpoint = await verifyCheckpoint(note, trusted)
      if (size !== undefined && (Number(size) !== checkpoint.size || !root?.equals(checkpoint.root)))
        throw new LogError('malformed_checkpoint', 'Its row says otherwise.')
      heads.push({ name: `${name} of ${checkpoint.size} entries`, kind, ...checkpoint })
    } catch (error) {
      findings.push({
        code: error instanceof LogError ? error.code : 'malformed_checkpoint',
        reason: `${name} ${size ?? ''}: ${(error as Error).message}`,
      })
    }
  }
  for (const note of earlier) await add(note, 'the earlier checkpoint', 'kept')
  const rows = await tx.selectFrom('log_checkpoints').select(['size', 'root', 'note']).orderBy('size').execute()
  for (const { size, root, note } of rows) await add(note, 'the checkpoint', 'own', size, root)
  return heads
}

/** All entries, of which the database reads the next ones while these are judged. */
const readAllRows = async function* (tx: Kysely<Tables>): AsyncGenerator<EntryRow[]> {
  for (let next = readEntryRows(tx, 0); ; ) {
    const rows = await next
    const last = rows.at(-1)
    if (!last) return
    next = readEntryRows(tx, Number(last.log_index) + 1)
    next.catch(() => {}) // told when it is waited for
    yield rows
  }
}

type Hole = { from: number; to: number }

/** A hole is where the entry was if all up to there is as it was signed. Otherwise what is left may have been moved into its place. */
const tellHole = ({ from, to }: Hole, sound: number, departure: Finding | undefined): Finding => {
  if (sound >= to) return { code: 'entries_missing', from, to, reason: 'It was deleted.' }
  const place = { from: Math.min(from, departure?.from ?? from), to: Math.max(to, departure?.to ?? to) }
  const missing = formatPlace({ code: 'entries_missing', from, to, reason: '' })
  const reason = `There is no row for ${missing}: any of these may be what was deleted.`
  return { code: 'entries_missing', ...place, reason }
}

/** The numbers that the log goes by: moved, they hide events. */
const findMovedMarks = async (tx: Kysely<Tables>): Promise<Finding[]> => {
  const { rows } = await sql<{ high: string; last: string; taken: string; strangers: string[] }>`
    select s.high_n as high, last.n as last, (select coalesce(max(event_n), 0) from log_entries) as taken,
           array(select r.n::text from log_rejected r
                 where exists (select from log_entries l where l.event_n = r.n)
                    or r.n > last.n and not exists (select from events e where e.n = r.n) order by r.n limit 20) as strangers
    from log_sequencer s cross join (select coalesce(pg_sequence_last_value('events_n'::regclass), 0) as n) last`.execute(tx)
  const { high = '0', last = '0', taken = '0', strangers = [] } = rows[0] ?? {}
  const tell = (reason: string): Finding => ({ code: 'tables_changed', reason })
  return [
    ...(BigInt(high) > BigInt(last)
      ? [tell(`The mark up to which events were taken is ${high}, but only ${last} numbers were given out.`)]
      : []),
    ...(BigInt(taken) > BigInt(high) ? [tell(`The mark up to which events were taken is ${high}, but number ${taken} was taken.`)] : []),
    ...strangers.map((n) => tell(`Number ${n} stands among the rejected, and nothing that has it was rejected.`)),
  ]
}

/** Events that should be in the log and are not, and such as nobody but a person with SQL can have written. */
const findStrays = async (tx: Kysely<Tables>, eventKey: Buffer | undefined): Promise<Finding[]> => {
  const { rows } = await sql<{ n: string; body: string; mac: Buffer; rejected: boolean; pending: boolean; copied: boolean }>`
    select e.n, e.body, e.mac, exists (select 1 from log_rejected r where r.n = e.n) as rejected,
           exists (select 1 from log_entries l where l.event_id = substring(e.body from '"id":"([^"]+)","occurred_at":"')) as copied,
           (e.n > s.high_n or exists (select 1 from log_gaps g where g.n = e.n)) as pending
    from events e cross join log_sequencer s
    where not exists (select 1 from log_entries l where l.event_n = e.n)
    order by e.n limit ${maxFindings}`.execute(tx)
  return rows.flatMap(({ n, body, mac, rejected, pending, copied }): Finding[] => {
    const tell = (reason: string): Finding[] => [{ code: 'entry_mismatch', reason: `Event number ${n} ${reason}` }]
    if (eventKey && !hasMac(eventKey, { body, mac }))
      return tell('was not written by this program: its HMAC is wrong. It is not in the log.')
    if (copied) return tell('is a copy of an event in the log.')
    if (rejected && eventKey) return tell('is genuine, but stands among the rejected and is not in the log.')
    if (rejected) return tell('was kept out of the log by the sequencer.')
    return pending ? [] : tell('should be in the log and is not.')
  })
}

/** Where ids of tenants were given away, as the events say that are in the log. */
const findReplacements = async (tx: Kysely<Tables>): Promise<Replacement[]> => {
  const { rows } = await sql<{ log_index: string; body: string }>`
    select l.log_index, e.body from log_entries l join events e on e.n = l.event_n
    where l.action = 'TENANT.DIRECTORY.SYNCED' and e.body like '%"recreated":[%' order by l.log_index`.execute(tx)
  return rows.flatMap(({ log_index, body }) => readReplacements(Number(log_index), parseBody(body)))
}

const parseBody = (body: string | null): object => {
  try {
    return (JSON.parse(body ?? '{}') ?? {}) as object
  } catch {
    return {} // a finding of its own
  }
}

/** What is kept of each tenant, and the map that proofs are made of, must be what the entries lead to. */
const compareKept = async (tx: Kysely<Tables>, expected: ReadonlyMap<string, Tally>): Promise<Finding[]> => {
  const rows = await tx.selectFrom('log_tallies').selectAll().execute()
  const wrong = rows.filter(({ tenant_id, count, place, chain, since }) => {
    const ours = expected.get(tenant_id)
    return !ours || ours.count !== Number(count) || !place.equals(ours.place) || !chain.equals(ours.chain) || since !== ours.since
  })
  const map = createTallies(sha256)
  for (const [tenant, tally] of expected) map.restore(tenant, tally)
  const nodes = new Map<string, string>()
  map.root((path, hash) => hash && nodes.set(path, Buffer.from(hash).toString('hex')))
  const kept = await tx.selectFrom('log_tally_nodes').selectAll().execute()
  const isMap = kept.length === nodes.size && kept.every(({ path, hash }) => nodes.get(path) === hash.toString('hex'))
  const tell = (reason: string): Finding => ({ code: 'tally_mismatch', reason })
  return [
    ...wrong.slice(0, 20).map(({ tenant_id }) => tell(`What is kept of how many events ${tenant_id} has is not what the log has.`)),
    ...(rows.length < expected.size ? [tell('What is kept of how many events a tenant has is missing for some.')] : []),
    ...(isMap ? [] : [tell('The map of what each tenant has, which proofs are made of, is not that of the log.')]),
  ]
}

/**
 * Verifies the log in a running database, on one snapshot, against its own checkpoints and those that somebody kept; and its tables
 * against those that the program made.
 */
export const verifyDatabase = async (store: Pick<Store, 'db' | 'pool'>, needs: Needs): Promise<DatabaseVerification> => {
  const changes = await findChanges(store.pool)
  try {
    return await verifyTables(
      store,
      needs,
      changes.map((change) => ({ code: 'tables_changed', reason: `${change}.` })),
    )
  } catch (cause) {
    const change = tellChanges(changes)
    if (change === undefined) throw cause
    throw new Trouble(
      `The log cannot be read. ${change}`,
      'Undo what was changed: log-shape.txt beside the migrations says how it was.',
      cause,
    )
  }
}

const verifyTables = async (store: Pick<Store, 'db'>, needs: Needs, findings: Finding[]): Promise<DatabaseVerification> =>
  await transaction(
    store,
    async (tx) => {
      const add = (finding: Finding) => findings.length < maxFindings && findings.push(finding)
      const said = await tx.selectFrom('log_sequencer').select(['origin', 'size', 'root']).executeTakeFirstOrThrow()
      const heads = await readHeads(tx, needs, findings)
      const own: ExpectedHead = { name: 'the sequencer', kind: 'said', size: Number(said.size), root: said.root }
      const signed = Math.max(0, ...heads.map((head) => head.size))
      const holes: Hole[] = []
      const seen = createSeen()
      const full: FullTile[] = []
      const tiles = createStoredTiles(tx)
      const beside = createBeside(tx, add)
      const approvals = createApprovals()
      const tallies = createTallyCheck(sha256, await findReplacements(tx), signed)
      const verifier = createVerifier(sha256, [...heads, own], (tile) => full.push(tile))
      if (heads.length === 0 && own.size > 0) add({ code: 'unsigned', reason: 'There is no signed checkpoint of this log.' })
      for await (const rows of readAllRows(tx)) {
        const events: [number, Event][] = []
        for (const row of rows) {
          const index = Number(row.log_index)
          // Something stands for what is gone, so that what follows keeps its place.
          if (index > verifier.size()) {
            if (holes.length < maxFindings) holes.push({ from: verifier.size(), to: index })
            for await (const leaf of tiles.readLeaves(verifier.size(), index)) verifier.addLeaf(leaf)
          }
          const twin = seen.add(Buffer.from(row.event_id), index)
          if (twin !== undefined) add({ code: 'duplicate_entry', from: index, to: index + 1, reason: `It has the id of entry ${twin}.` })
          if (row.body !== null) approvals.add(index, row.body)
          const { leaf, event, fault } = checkEntryRow(row, needs.eventKey)
          if (fault) add({ ...fault, from: index, to: index + 1 })
          if (event) events.push([index, event])
          verifier.addLeaf(leaf)
          tallies.add(index, event ?? {}, leaf)
          needs.onEntry?.(index, event ?? {}, leaf)
        }
        await beside.judge(events)
        await tiles.compare(full.splice(0))
      }
      const departures = verifier.finish()
      const departure = departures.find(({ code }) => code === 'root_mismatch')
      findings.push(...(await tiles.finish(verifier.departed())))
      findings.push(...holes.map((hole) => tellHole(hole, verifier.sound(), departure)), ...departures)
      // In a log that is not what was signed, tallies that do not fit say nothing more.
      if (departures.length === 0) findings.push(...tallies.finish(), ...(await compareKept(tx, tallies.kept())))
      findings.push(...(await findMovedMarks(tx)), ...(await findStrays(tx, needs.eventKey)))
      const size = verifier.size()
      const disclosed = await beside.finish()
      const { findings: unbelieved, account } = approvals.finish()
      findings.push(...unbelieved)
      const counted = { size, entries: size, checkpoints: heads.length, approvals: account }
      return { origin: said.origin ?? '', ...counted, root: verifier.root(), findings, disclosed }
    },
    { isolation: 'repeatable read' },
  )
