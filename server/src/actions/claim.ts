import { sql, type Transaction } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { callExpires, firstLook } from './insert.ts'

/** Takes an approved request for its one execution: of any number who try, in any number of processes, one gets it (GA-8, GA-9). */
export const claimApproved = async (tx: Transaction<Tables>, id: string): Promise<boolean> => {
  const { rows } = await sql`
    update action_requests
    set state = 'executing', state_at = clock_timestamp(), call_expires_at = ${callExpires}, look_at = ${firstLook}
    where id = ${id} and state = 'approved' and expires_at > clock_timestamp()
    returning id`.execute(tx)
  return rows.length > 0
}
