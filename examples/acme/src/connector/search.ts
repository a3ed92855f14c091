import { sql } from 'kysely'
import { z } from 'zod'
import { parse } from '../api/route.ts'
import type { Database } from '../database/open.ts'
import { distanceOf } from './distance.ts'
import { type UserRow, userColumns } from './users.ts'

const Search = z.object({
  query: z.string().trim().min(1).max(200),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

/** How alike two spellings must be to count: low enough for one wrong letter in a short name. */
const alike = '0.4'
/** A whole address or id. */
const exact = 1000
/** A whole name. */
const exactName = 990
/** From here on something begins with the text; below, it is only spelled alike. */
const begins = 780
/** What is this much less alike than the best is not meant. */
const tail = 0.8

/** As the database compares it: without case, accents and what cannot be seen. */
type Folded = { text: string; start: string }

const escaped = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')

type Scored = UserRow & { score: number; folded_email: string; folded_name: string }

/** Wrong letters that are still a slip of the fingers. */
const slips = (text: string): number => (text.length < 8 ? 1 : 2)
const localPart = (address: string): string => address.slice(0, address.lastIndexOf('@'))

/** An address that is alike in its domain alone is a colleague's. */
const isAlike = (text: string, { folded_email }: Scored): boolean => {
  const local = localPart(text)
  return local === '' || distanceOf(local, localPart(folded_email)) <= Math.ceil(local.length / 3)
}

/**
 * Where relevance ends: everybody who is shown is on the record as looked up. Who has exactly this address, id or whole name is
 * meant alone; where there is nobody, who is spelled so but for a slip or two; and those who are alike, as long as they are nearly as
 * much so as the best.
 */
const untilTheEnd = (text: string, found: readonly Scored[]): Scored[] => {
  const best = found[0]?.score ?? 0
  if (best >= exact || (best >= exactName && text.includes(' '))) return found.filter(({ score }) => score >= exactName)
  if (best >= begins) return [...found]
  const near = found.filter(({ folded_email, folded_name }) =>
    [folded_email, folded_name].some((spelled) => distanceOf(text, spelled) <= slips(text)),
  )
  if (near.length > 0) return near
  return found.filter((user) => user.score >= best * tail && isAlike(text, user))
}

/**
 * The start of an e-mail address, of a name, of any part of either, or of an id; where nothing begins so, what is spelled nearly so. Each
 * way has its own index and gives at most so many candidates, so the time does not grow with the table.
 */
export async function searchUsers({ db }: Database, given: unknown): Promise<{ items: UserRow[] }> {
  const { query, limit } = parse(Search, given)
  return db.transaction().execute(async (tx) => {
    // The planner takes a comparison of trigrams to be as cheap as any other, and would read the whole table.
    const prepared = await sql<{ text: string }>`
      SELECT fold(${query}) AS text,
        set_config('pg_trgm.word_similarity_threshold', ${alike}, true), set_config('enable_seqscan', 'off', true),
        set_config('jit', 'off', true)`.execute(tx)
    const text = prepared.rows[0]?.text.trim() ?? ''
    if (text === '') return { items: [] }
    const found = await sql<Scored>`
      WITH begun AS MATERIALIZED (${startingWith({ text, start: escaped(text) }, query, limit)}),
      candidates AS (SELECT id, score FROM begun UNION ALL ${alikeTo(text, limit)}),
      best AS (SELECT id, max(score) AS score FROM candidates GROUP BY id)
      SELECT ${userColumns}, best.score, u.folded_email, u.folded_name FROM best JOIN "user" u USING (id) JOIN member m ON m."userId" = u.id
      ORDER BY best.score DESC, length(u.name), u.folded_name, u.id LIMIT ${limit}`.execute(tx)
    return { items: untilTheEnd(text, found.rows).map(({ score: _, folded_email: __, folded_name: ___, ...user }) => user) }
  })
}

const startingWith = ({ text, start }: Folded, query: string, limit: number) => sql`
  (SELECT id, ${exact}::int AS score FROM "user" WHERE id = ${query})
  UNION ALL
  (SELECT id, 900 FROM "user" WHERE id LIKE ${`${escaped(query)}%`} ORDER BY id LIMIT ${limit})
  UNION ALL
  (SELECT id, CASE WHEN folded_email = ${text} THEN ${exact}::int ELSE 950 END FROM "user"
   WHERE folded_email LIKE ${`${start}%`} ORDER BY folded_email LIMIT ${limit})
  UNION ALL
  (SELECT id, CASE WHEN folded_name = ${text} THEN ${exactName}::int ELSE 850 END FROM "user"
   WHERE folded_name LIKE ${`${start}%`} ORDER BY length(name), folded_name, id LIMIT ${limit})
  UNION ALL
  (SELECT id, 800 FROM "user" WHERE folded_name LIKE ${`% ${start}%`} ORDER BY folded_name, id LIMIT ${limit})
  UNION ALL
  (SELECT id, ${begins}::int FROM "user" WHERE folded_email LIKE ${`%@${start}%`} OR folded_email LIKE ${`%.${start}%`}
   ORDER BY folded_email LIMIT ${limit})`

/** Asked only where nothing starts that way. */
const alikeTo = (text: string, limit: number) => sql`
  (SELECT id, (700 * word_similarity(${text}, folded_name))::int AS score FROM "user"
   WHERE NOT EXISTS (SELECT FROM begun) AND ${text} <% folded_name
   ORDER BY score DESC, similarity(${text}, folded_name) DESC, id LIMIT ${limit})
  UNION ALL
  (SELECT id, (700 * word_similarity(${text}, folded_email))::int AS score FROM "user"
   WHERE NOT EXISTS (SELECT FROM begun) AND ${text} <% folded_email
   ORDER BY score DESC, similarity(${text}, folded_email) DESC, id LIMIT ${limit})`
