import { type RawBuilder, sql } from 'kysely'
import type { Store } from '../store/open.ts'

type Db = Pick<Store, 'db'>

/** Values to be erased, as they lie beside the events. */
export type Candidate = { holder: string; member: string; tenant_id: string | null; action: string; at: Date }

/** What was found on a stretch of the way, and from where to go on; `next` is undefined at the end. */
type Stretch<Place> = { found: Candidate[]; next: Place | undefined }

/** Up to where is looked: what an erasure's event says that it covers, and the instant of that by the database's clock. */
export type Extent = { through: number; until: string }

/** One way of finding values, in stretches. Whatever was erased before is not found again, so it may be gone over anew. */
export type Phase = (store: Db, extent: Extent, limit: number) => AsyncGenerator<Candidate[]>

const inStretches = <Place>(read: (store: Db, extent: Extent, limit: number, after: Place | undefined) => Promise<Stretch<Place>>): Phase =>
  async function* (store, extent, limit) {
    for (let place: Place | undefined; ; ) {
      const { found, next } = await read(store, extent, limit, place)
      if (found.length > 0) yield found
      if (next === undefined) return
      place = next
    }
  }

/** Members of events: which ones, of the events `e` (with their bodies `ev`) of a condition. */
export const ofEvents = (condition: RawBuilder<unknown>, members: RawBuilder<unknown>): Phase =>
  inStretches<string>(async ({ db }, { through }, limit, after = '-1') => {
    const { rows } = await sql<Candidate & { log_index: string; holder: string | null }>`
      select e.log_index, e.action, e.occurred_at as at, d.holder, d.member, d.tenant_id
      from (
        select e.* from log_entries e join events ev on ev.n = e.event_n
        where ${condition} and e.log_index > ${after}::bigint and e.log_index <= ${through} order by e.log_index limit ${limit}
      ) e join events ev on ev.n = e.event_n
      left join lateral (
        select d.holder, d.member, d.tenant_id from disclosures d
        where d.holder = any(array[e.event_id, e.request_id, e.session_id]) and ${members}
          -- The event commits to this very value: others of its session may be kept there too.
          and disclosure_digest(d.salt, d.member, d.value) = ev.body::jsonb -> 'erasable' ->> d.member
      ) d on true
      order by e.log_index`.execute(db)
    const last = rows.at(-1)?.log_index
    const isOver = new Set(rows.map(({ log_index }) => log_index)).size < limit
    return { found: rows.filter(({ holder }) => holder !== null), next: isOver ? undefined : last }
  })

/** Characters of a name or address: a longer one that holds the text is another's. */
const within = '[[:alnum:]._%+-]'
const escapePattern = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')

/** Of a long list of names each look takes some. */
const namesPerLook = 200

/** Values in which one of these names stands, as it is or as a path writes it; but for some members. */
export const thatMention = (names: readonly string[], except: readonly string[]): Phase[] =>
  Array.from({ length: Math.ceil(names.length / namesPerLook) }, (_, look) =>
    mentioning(names.slice(look * namesPerLook, (look + 1) * namesPerLook), except),
  )

/** One of these names as a word, as it is in JSON or as a path writes it. */
export const mentionPattern = (names: readonly string[]): string => {
  const spellings = names.flatMap((name) => [JSON.stringify(name).slice(1, -1), encodeURIComponent(name)])
  return `(?<!${within})(${[...new Set(spellings)].map(escapePattern).join('|')})(?!${within})`
}

const mentioning = (names: readonly string[], except: readonly string[]): Phase => {
  const pattern = mentionPattern(names)
  return inStretches<[string, string]>(async ({ db }, { through, until }, limit, [holder, member] = ['', '']) => {
    const { rows } = await sql<Candidate>`
      select d.holder, d.member, d.tenant_id, d.recorded_at as at,
        coalesce(
          e.action, (select o.action from log_entries o where o.session_id = d.holder order by o.log_index limit 1), 'SUPPORT_SESSION.REQUEST.ADMITTED'
        ) as action
      from disclosures d left join log_entries e on e.event_id = d.holder
      where (d.holder, d.member) > (${holder}, ${member}) and d.member <> all(${except}::text[]) and d.value ~* ${pattern}
        and d.recorded_at <= ${until}::timestamptz and (e.log_index <= ${through} or not starts_with(d.holder, 'evt_'))
      order by d.holder, d.member limit ${limit}`.execute(db)
    const last = rows.length < limit ? undefined : rows.at(-1)
    return { found: rows, next: last && [last.holder, last.member] }
  })
}
