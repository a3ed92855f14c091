import type { AssertionResponse } from '@countersign/contract/passkeys.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../store/tables.ts'
import { type Credential, PasskeyError, type Site, verifyAssertion } from './verify.ts'

type Found = Credential & { id: string; state: string | null }

/** The person's own key, held until the caller's transaction ends. Another's is not found (WA-5). */
const findCredential = async (tx: Kysely<Tables>, staffId: string, credentialId: string): Promise<Found | undefined> => {
  const { rows } = await sql<Omit<Found, 'sign_count'> & { sign_count: string }>`
    select k.id, k.credential_id, k.public_key, k.sign_count,
      case when exists (select from staff_passkey_removals r where r.passkey_id = k.id) then 'the key was removed'
        when k.usable_from > clock_timestamp() then 'the key may not sign yet' end as state
    from staff_passkeys k
    where k.staff_id = ${staffId} and k.credential_id = ${Buffer.from(credentialId, 'base64url')}
    for update of k`.execute(tx)
  const [row] = rows
  return row && { ...row, sign_count: Number(row.sign_count) }
}

/**
 * Checks that one of this person's keys signed this challenge, here and now, with its user verified. Returns the key's id. The
 * caller makes sure that each challenge serves once. Throws a PasskeyError, which says for the record what was wrong.
 */
export const requireAssertion = async (
  tx: Kysely<Tables>,
  site: Site,
  expected: { staff_id: string; challenge: string },
  response: AssertionResponse,
): Promise<{ passkey_id: string; public_key: Buffer }> => {
  const found = await findCredential(tx, expected.staff_id, response.id)
  if (found === undefined) throw new PasskeyError('the key is not one of this person')
  if (found.state !== null) throw new PasskeyError(found.state)
  const { userHandle } = response.response
  if (userHandle !== undefined && Buffer.from(userHandle, 'base64url').toString() !== expected.staff_id) {
    throw new PasskeyError('the key names another person')
  }
  const { sign_count } = await verifyAssertion(response, expected.challenge, site, found)
  await tx.updateTable('staff_passkeys').set({ sign_count, last_used_at: sql`clock_timestamp()` }).where('id', '=', found.id).execute()
  return { passkey_id: found.id, public_key: found.public_key }
}
