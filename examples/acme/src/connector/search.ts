import { sql } from 'kysely'
import { z } from 'zod'
import { parse } from '../api/route.ts'
import type { Database } from '../database/open.ts'
import { type UserRow, userColumns } from './users.ts'

const Search = z.object({
  query: z.string().trim().min(1).max(200),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

/** How alike two spellings must be to count: low enough for one wrong letter in a short name. */
const alike = '0.4'

/** As the database compares it: without case, accents and what cannot be seen. */
type Folded = { text: string; start: string }

const escaped = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')

/**
 * The start of an e-mail address, of a name, of any part of either, or of an id comes first; then what is spelled nearly so. Each
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
    const found = await sql<UserRow>`
      WITH begun AS MATERIALIZED (${startingWith({ text, start: escaped(text) }, query, limit)}),
      candidates AS (SELECT id, score FROM begun UNION ALL ${alikeTo(text, limit)}),
      best AS (SELECT id, max(score) AS score FROM candidates GROUP BY id)
      SELECT ${userColumns} FROM best JOIN "user" u USING (id) JOIN member m ON m."userId" = u.id
      ORDER BY best.score DESC, length(u.name), u.folded_name, u.id LIMIT ${limit}`.execute(tx)
    return { items: found.rows }
  })
}

const startingWith = ({ text, start }: Folded, query: string, limit: number) => sql`
  (SELECT id, 1000 AS score FROM "user" WHERE id = ${query})
  UNION ALL
  (SELECT id, 900 FROM "user" WHERE id LIKE ${`${escaped(query)}%`} ORDER BY id LIMIT ${limit})
  UNION ALL
  (SELECT id, CASE WHEN folded_email = ${text} THEN 1000 ELSE 950 END FROM "user"
   WHERE folded_email LIKE ${`${start}%`} ORDER BY folded_email LIMIT ${limit})
  UNION ALL
  (SELECT id, CASE WHEN folded_name = ${text} THEN 990 ELSE 850 END FROM "user"
   WHERE folded_name LIKE ${`${start}%`} ORDER BY length(name), folded_name, id LIMIT ${limit})
  UNION ALL
  (SELECT id, 800 FROM "user" WHERE folded_name LIKE ${`% ${start}%`} ORDER BY folded_name, id LIMIT ${limit})
  UNION ALL
  (SELECT id, 780 FROM "user" WHERE folded_email LIKE ${`%@${start}%`} OR folded_email LIKE ${`%.${start}%`}
   ORDER BY folded_email LIMIT ${limit})`

/** Asked only where what starts that way leaves room: a likeness never ranks above a start. */
const alikeTo = (text: string, limit: number) => sql`
  (SELECT id, (700 * word_similarity(${text}, folded_name))::int AS score FROM "user"
   WHERE (SELECT count(DISTINCT id) FROM begun) < ${limit} AND ${text} <% folded_name ORDER BY score DESC, id LIMIT ${limit})
  UNION ALL
  (SELECT id, (700 * word_similarity(${text}, folded_email))::int AS score FROM "user"
   WHERE (SELECT count(DISTINCT id) FROM begun) < ${limit} AND ${text} <% folded_email ORDER BY score DESC, id LIMIT ${limit})`
