import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../store/tables.ts'

/** The database's clock, in microseconds. */
export const readNowUs = async (tx: Kysely<Tables>): Promise<number> => {
  const { rows } = await sql<{ now: string }>`select floor(extract(epoch from clock_timestamp()) * 1000000)::bigint as now`.execute(tx)
  return Number(rows[0]?.now)
}
