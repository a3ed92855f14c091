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

/**
 * The start of an e-mail address, of a name, of any word of a name, or of an id comes first; then what is spelled nearly so. Each
 * way has its own index and gives at most so many candidates, so the time does not grow with the table.
 */
export async function searchUsers({ db }: Database, given: unknown): Promise<{ items: UserRow[] }> {
  const { query, limit } = parse(Search, given)
  const start = `${query.replaceAll(/[\\%_]/g, '\\$&')}`
  return db.transaction().execute(async (tx) => {
    await sql`SELECT set_config('pg_trgm.word_similarity_threshold', ${alike}, true)`.execute(tx)
    const found = await sql<UserRow>`
      WITH given AS (SELECT fold(${query}) AS q, fold(${start}) AS start),
      candidates AS (
        (SELECT id, 1000 AS score FROM "user" WHERE id = ${query})
        UNION ALL
        (SELECT id, 900 FROM "user" WHERE id LIKE ${`${start}%`} LIMIT ${limit})
        UNION ALL
        (SELECT id, CASE WHEN fold(email) = q THEN 1000 ELSE 950 END FROM "user", given
         WHERE fold(email) LIKE start || '%' LIMIT ${limit})
        UNION ALL
        (SELECT id, CASE WHEN fold(name) = q THEN 990 ELSE 850 END FROM "user", given
         WHERE fold(name) LIKE start || '%' LIMIT ${limit})
        UNION ALL
        (SELECT id, 800 FROM "user", given WHERE fold(name) LIKE '% ' || start || '%' LIMIT ${limit})
        UNION ALL
        (SELECT id, (700 * word_similarity(q, fold(name)))::int FROM "user", given
         WHERE q <% fold(name) ORDER BY 2 DESC LIMIT ${limit})
        UNION ALL
        (SELECT id, (700 * word_similarity(q, fold(email)))::int FROM "user", given
         WHERE q <% fold(email) ORDER BY 2 DESC LIMIT ${limit})
      ),
      best AS (SELECT id, max(score) AS score FROM candidates GROUP BY id)
      SELECT ${userColumns} FROM best JOIN "user" u USING (id) JOIN member m ON m."userId" = u.id
      ORDER BY best.score DESC, fold(u.name), u.id LIMIT ${limit}`.execute(tx)
    return { items: found.rows }
  })
}
