import type { ErrorCode } from '@countersign/contract/errors.ts'
import { codeSeconds } from '@countersign/contract/views.ts'
import { sql, type Transaction } from 'kysely'
import type { Base } from '../../access/ctx.ts'
import type { Place } from '../../labels.ts'
import type { Store } from '../../store/open.ts'
import type { Tables } from '../../store/tables.ts'
import { transaction } from '../../store/transaction.ts'
import { committedTo } from '../digests.ts'
import { newGatherer } from '../gather.ts'
import { codeOf, sqlJudged, sqlStanding, sqlViewIsOpen, sqlViews } from '../standing.ts'
import { aboutView, hashOf, newSecret, type ViewedSession } from './view.ts'

/** A view that a cookie belongs to. Whether it may still be used the admission asks. */
export type EnteredView = Place & {
  id: string
  /** Of its session: what leads to the session's facts. */
  token_hash: string
}

/** A browser that shows a code: which secret it has itself, and where it is. */
type Knock = { code: string; browser: string; place: Place }

/** Let in with a cookie, or not, and why; of a code that exists it is known whose session it was for. */
type Entered = { cookie: string } | { refused: ErrorCode; token_hash: string | undefined }

/** What the gateway asks about views. The primary answers. */
export type HandOver = {
  enter(knock: Knock): Promise<Entered>
  /** Which view a cookie, by its hash, belongs to. */
  find(cookieHash: string): EnteredView | undefined | Promise<EnteredView | undefined>
  /** Which of these views are closed. */
  findClosed(viewIds: readonly string[]): Promise<Map<string, 'view_closed'>>
}

const viewsMaximum = 10_000

type Row = ViewedSession & {
  view_id: string
  label: string
  upstream: string
  token_hash: string
  standing: Parameters<typeof codeOf>[0]
  is_closed: boolean
  is_used: boolean
  is_late: boolean
  is_other_browser: boolean
  issuer: string
  subject: string
}

const loadCode = async (tx: Transaction<Tables>, codeHash: Buffer, browser: string): Promise<Row | undefined> => {
  const { rows } = await sql<Row>`
    select c.view_id, v.label, c.upstream, encode(s.token_hash, 'hex') as token_hash, ${sqlStanding} as standing,
      not ${sqlViewIsOpen} as is_closed, c.used_at is not null as is_used,
      c.minted_at <= clock_timestamp() - ${codeSeconds} * interval '1 second' as is_late, c.browser_hash <> ${hashOf(browser)} as is_other_browser,
      s.id, s.tenant_id, s.target_user_id, s.staff_id, s.digests, m.issuer, m.subject
    from session_view_codes c join ${sqlViews} on v.id = c.view_id join ${sqlJudged} on s.id = v.session_id
    where c.code_hash = ${codeHash} for update of c`.execute(tx)
  return rows[0]
}

/** Why the code lets nobody in here. That it was used stands first: of a code that was stolen this is what matters. */
const whyNot = (row: Row, place: Place): ErrorCode | undefined => {
  if (row.is_used) return 'handover_used'
  if (row.is_late) return 'handover_late'
  if (row.label !== place.label || row.upstream !== place.upstream) return 'handover_other_origin'
  if (row.is_other_browser) return 'handover_other_browser'
  return codeOf(row.standing) ?? (row.is_closed ? 'view_closed' : undefined)
}

const enter = async ({ store, journal }: Base, { code, browser, place }: Knock): Promise<Entered> => {
  const cookie = newSecret('cs_seen_')
  return await transaction(store, async (tx): Promise<Entered> => {
    const codeHash = hashOf(code)
    const row = await loadCode(tx, codeHash, browser)
    if (!row) throw new Error('a code that was minted is not there')
    const refused = whyNot(row, place)
    if (refused !== undefined) return { refused, token_hash: row.token_hash }
    await sql`
      update session_view_codes set used_at = clock_timestamp(), cookie_hash = ${cookie.hash} where code_hash = ${codeHash}`.execute(tx)
    const { staff_id: id, issuer, subject, digests } = row
    const [email, name] = [committedTo(digests, 'actor.email'), committedTo(digests, 'actor.name')]
    if (!email || !name) throw new Error('a session does not say who opened it')
    await journal.record(tx, {
      action: 'SUPPORT_SESSION.VIEW.ENTERED',
      result: 'ok',
      actor: { kind: 'staff', id, issuer, subject, email, name },
      ...aboutView(row),
      details: { view_id: row.view_id, upstream: row.upstream },
    })
    return { cookie: cookie.text }
  })
}

const readMinted = async (store: Store, codeHashes: readonly string[]): Promise<Map<string, true>> => {
  const { rows } = await sql<{ code_hash: string }>`
    select encode(code_hash, 'hex') as code_hash from session_view_codes
    where code_hash = any(${codeHashes.map((hash) => Buffer.from(hash, 'hex'))}::bytea[])`.execute(store.db)
  return new Map(rows.map(({ code_hash }) => [code_hash, true]))
}

const readEntered = async (store: Store, cookieHashes: readonly string[]): Promise<Map<string, EnteredView>> => {
  const { rows } = await sql<EnteredView & { cookie_hash: string }>`
    select encode(c.cookie_hash, 'hex') as cookie_hash, v.id, v.label, c.upstream, encode(s.token_hash, 'hex') as token_hash
    from session_view_codes c join session_views v on v.id = c.view_id join support_sessions s on s.id = v.session_id
    where c.cookie_hash = any(${cookieHashes.map((hash) => Buffer.from(hash, 'hex'))}::bytea[])`.execute(store.db)
  return new Map(rows.map(({ cookie_hash, ...view }) => [cookie_hash, view]))
}

export const newHandOver = (base: Base): HandOver => {
  const { store } = base
  // What a cookie leads to never changes; whether it is still worth something is asked at each use.
  const known = new Map<string, EnteredView>()
  const lookUp = newGatherer((hashes) => readEntered(store, hashes))
  // Codes that nobody was given cost no more than a share of a statement.
  const isMinted = newGatherer((hashes) => readMinted(store, hashes))
  return {
    enter: async (knock) =>
      (await isMinted(hashOf(knock.code).toString('hex')))
        ? await enter(base, knock)
        : { refused: 'handover_refused', token_hash: undefined },
    find: (cookieHash) =>
      known.get(cookieHash) ??
      lookUp(cookieHash).then((view) => {
        const oldest = known.size >= viewsMaximum ? known.keys().next().value : undefined
        if (oldest !== undefined) known.delete(oldest)
        if (view) known.set(cookieHash, view)
        return view
      }),
    findClosed: async (viewIds) => {
      if (viewIds.length === 0) return new Map()
      const { rows } = await sql<{ id: string }>`
        select v.id from ${sqlViews} where v.id = any(${[...viewIds]}::text[]) and not ${sqlViewIsOpen}`.execute(store.db)
      return new Map(rows.map(({ id }) => [id, 'view_closed']))
    },
  }
}
