import pg from 'pg'
import { until } from '../support/until.ts'
import type { Acknowledged } from './load.ts'
import type { Arrival } from './product.ts'

type Seen = { admitted_ms: number[]; completed: number; failed: number; cut: number; refused: number; codes: string[] }
type File = { id: string; code?: string }
type Row = { action: string; request_id: string | null; session_id: string | null; ms: number; code: string | null; files: File[] | null }

/** Reads the log as it grows, and compares it with what others have seen. */
export const newJudge = () => {
  const requests = new Map<string, Seen>()
  const created = new Set<string>()
  const revoked = new Set<string>()
  const arrived = new Set<string>()
  let size = 0
  const complaints: string[] = []

  const seenOf = (requestId: string): Seen => {
    const seen = requests.get(requestId) ?? { admitted_ms: [], completed: 0, failed: 0, cut: 0, refused: 0, codes: [] }
    requests.set(requestId, seen)
    return seen
  }

  /** The outcome of each file of a page. */
  const noteFiles = (files: readonly File[]): void => {
    for (const { id, code } of files) {
      const seen = seenOf(id)
      if (code === undefined) seen.completed++
      else {
        seen.codes.push(code)
        if (code === 'outcome_unknown') seen.failed++
        else seen.cut++
      }
    }
  }

  const note = ({ action, request_id, session_id, ms, code, files }: Row): void => {
    if (action === 'SUPPORT_SESSION.CREATED') created.add(session_id as string)
    if (action === 'SUPPORT_SESSION.REVOKED') revoked.add(session_id as string)
    if (files !== null) noteFiles(files)
    if (request_id === null || files !== null) return
    const seen = seenOf(request_id)
    if (action === 'SUPPORT_SESSION.REQUEST.ADMITTED' || action === 'SUPPORT_SESSION.ASSET.ADMITTED') seen.admitted_ms.push(ms)
    if (action === 'SUPPORT_SESSION.REQUEST.COMPLETED') seen.completed++
    if (action === 'SUPPORT_SESSION.REQUEST.FAILED') seen.failed++
    if (action === 'SUPPORT_SESSION.REQUEST.CUT') seen.cut++
    if (action === 'SUPPORT_SESSION.REQUEST.REFUSED') seen.refused++
    if (code !== null) seen.codes.push(code)
  }

  return {
    complaints,
    /** Reads on, once everything that was recorded has its place. */
    read: async (url: string): Promise<void> => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        await until(async () => {
          const { rows } = await client.query<{ done: boolean }>(
            `select high_n >= (select coalesce(max(n), 0) from events) and not exists (select from log_gaps join events using (n)) as done from log_sequencer`,
          )
          return rows[0]?.done === true
        })
        const { rows } = await client.query<Row>(
          `select l.action, l.request_id, l.session_id, (extract(epoch from l.occurred_at) * 1000)::float8 as ms, e.body::json ->> 'code' as code,
             e.body::json #> '{details,files}' as files
           from log_entries l join events e on e.n = l.event_n where l.log_index >= $1 order by l.log_index`,
          [size],
        )
        rows.forEach(note)
        size += rows.length
        const { rows: kept } = await client.query<{ size: number; rejected: number }>(
          `select (select count(*) from log_entries)::int as size, (select count(*) from log_rejected)::int as rejected`,
        )
        if (kept[0]?.rejected !== 0) complaints.push(`${kept[0]?.rejected} events were kept out of the log`)
        if ((kept[0]?.size ?? 0) < size) complaints.push(`the log shrank from ${size} to ${kept[0]?.size} entries`)
      } finally {
        await client.end()
      }
    },
    /** I1: every request that reached the product was admitted before, each once. */
    judgeArrivals: (arrivals: readonly Arrival[]): void => {
      for (const { request_id, at, method, target } of arrivals) {
        const what = `${method} ${target} (${request_id})`
        if (request_id === null) complaints.push(`${what} reached the product without a request id`)
        else if (arrived.has(request_id)) complaints.push(`${what} reached the product twice`)
        else {
          arrived.add(request_id)
          const [admitted] = requests.get(request_id)?.admitted_ms ?? []
          if (admitted === undefined) complaints.push(`${what} reached the product, and no admission is in the log`)
          else if (Math.floor(admitted) > Date.parse(at)) complaints.push(`${what} was admitted after it had arrived`)
        }
      }
    },
    /** Nothing that was acknowledged is lost. */
    judgeAcknowledged: (told: Acknowledged): void => {
      for (const id of told.answered) {
        if (requests.get(id)?.completed !== 1) complaints.push(`${id} was answered, and its completion is not in the log`)
        if (!arrived.has(id)) complaints.push(`${id} was answered, and the product never saw it`)
      }
      for (const id of told.refused) if (requests.get(id)?.refused !== 1) complaints.push(`the refusal of ${id} is not in the log`)
      for (const id of told.created) if (!created.has(id)) complaints.push(`the creation of ${id} is not in the log`)
      for (const id of told.revoked) if (!revoked.has(id)) complaints.push(`the revocation of ${id} is not in the log`)
    },
    /** Admissions without an outcome. */
    open: (): number =>
      [...requests.values()].filter((seen) => seen.admitted_ms.length > 0 && !seen.completed && !seen.failed && !seen.cut).length,
    /** I2: one admission, one outcome; an answer that was begun may have been cut later. */
    judgeOutcomes: (): void => {
      for (const [id, { admitted_ms, completed, failed, cut, codes }] of requests) {
        if (admitted_ms.length === 0 && completed + failed + cut === 0) continue
        const isOne = admitted_ms.length === 1 && completed + failed <= 1 && cut <= 1 && failed + cut <= 1 && completed + failed + cut >= 1
        if (!isOne)
          complaints.push(
            `${id} has ${admitted_ms.length} admissions, ${completed} completions, ${failed} failures, ${cut} cuts (${codes})`,
          )
      }
    },
    counts: () => ({ entries: size, requests: requests.size, arrived: arrived.size, sessions: created.size, revocations: revoked.size }),
  }
}
