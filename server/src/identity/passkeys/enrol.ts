import { EnrolPasskey, type Passkey } from '@countersign/contract/passkeys.ts'
import { roles } from '@countersign/contract/staff.ts'
import { generateRegistrationOptions } from '@simplewebauthn/server'
import { type Kysely, sql } from 'kysely'
import { parse } from '../../access/parse.ts'
import { actorOf, type StaffPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Tables } from '../../store/tables.ts'
import { challengeOf, challengeSeconds, issueChallenge, newChallenge, takeChallenge } from './challenge.ts'
import { denyingPasskey, denyPasskey } from './deny.ts'
import { selectPasskeys } from './list.ts'
import type { FirstKey, PasskeyCtx } from './needs.ts'
import { freshTime } from './step-up.ts'
import { algorithms, PasskeyError, verifyRegistration } from './verify.ts'

/** Whether the person signed in within the last five minutes, has a key that may sign, and used it lately. */
const readStanding = async (
  db: Kysely<Tables>,
  staff: StaffPrincipal,
): Promise<{ fresh: boolean; has_key: boolean; stepped_up: boolean }> => {
  const { rows } = await sql<{ fresh: boolean; has_key: boolean; stepped_up: boolean }>`
    select s.created_at > clock_timestamp() - ${freshTime} as fresh,
      coalesce(s.stepped_up_at > clock_timestamp() - ${freshTime}, false) as stepped_up,
      exists (select from staff_passkeys k where k.staff_id = s.staff_id and k.usable_from <= clock_timestamp()
        and not exists (select from staff_passkey_removals r where r.passkey_id = k.id)) as has_key
    from staff_sessions s where s.id = ${staff.session_id}`.execute(db)
  return rows[0] ?? { fresh: false, has_key: false, stepped_up: false }
}

/** A key is added only by somebody who has just shown who they are: at the provider, and with a key they have, if any (WA-7). */
const requireFresh = async (db: Kysely<Tables>, staff: StaffPrincipal): Promise<{ is_first: boolean }> => {
  const { fresh, has_key, stepped_up } = await readStanding(db, staff)
  if (!fresh) throw new Refusal('sign_in_not_fresh')
  if (has_key && !stepped_up) throw new Refusal('passkey_not_fresh')
  return { is_first: !has_key }
}

/** Begins to enrol a key: what the browser is to ask the authenticator. */
export const beginEnrolment = verb({
  name: 'begin to enrol a passkey',
  may: roles,
  async run({ principal, store: { db }, site, product }: PasskeyCtx): Promise<object> {
    await requireFresh(db, principal)
    const keys = await db.selectFrom('staff_passkeys').select('credential_id').where('staff_id', '=', principal.id).execute()
    const challenge = newChallenge()
    await issueChallenge(db, { challenge, sign_in_id: principal.session_id, purpose: 'enrolment' })
    return await generateRegistrationOptions({
      rpName: `${product} · Countersign`,
      rpID: site.rp_id,
      userName: principal.email,
      userDisplayName: principal.name,
      userID: new Uint8Array(Buffer.from(principal.id)),
      challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
      timeout: challengeSeconds * 1000,
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      supportedAlgorithmIDs: [...algorithms],
      excludeCredentials: keys.map(({ credential_id }) => ({ id: credential_id.toString('base64url') })),
    })
  },
})

const usableFrom = {
  at_once: sql<Date>`clock_timestamp()`,
  confirmation: sql<Date>`'infinity'::timestamptz`,
  after_24_hours: sql<Date>`clock_timestamp() + interval '24 hours'`,
} as const satisfies Record<FirstKey, unknown>

/** The first key waits as the configuration says. A further one was vouched for with the key before it. */
const insertPasskey = async (
  tx: Kysely<Tables>,
  { principal, site, first_key, journal }: PasskeyCtx,
  { name, response, is_first }: EnrolPasskey & { is_first: boolean },
): Promise<Passkey> => {
  const challenge = challengeOf(response.response.clientDataJSON)
  const taken = challenge !== undefined && (await takeChallenge(tx, { challenge, sign_in_id: principal.session_id, purpose: 'enrolment' }))
  if (!taken) throw new PasskeyError('the challenge was not issued for this, or is used or too old')
  const { algorithm, ...key } = await verifyRegistration(response, challenge, site)
  const id = newId('passkey')
  const usable = is_first ? first_key : 'at_once'
  const inserted = await tx
    .insertInto('staff_passkeys')
    .values({ id, staff_id: principal.id, name, usable_from: usableFrom[usable], ...key })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) throw denyPasskey(principal, 'passkey_known', 'the key is enrolled already, by this person or another')
  await journal.record(tx, {
    action: 'STAFF.PASSKEY.ENROLLED',
    result: 'ok',
    actor: actorOf(principal),
    target: { kind: 'passkey', id, label: name },
    details: {
      algorithm,
      credential_id: key.credential_id.toString('base64url'),
      public_key: key.public_key.toString('base64url'),
      is_synced: key.is_synced,
      usable,
    },
  })
  const [passkey] = await selectPasskeys(tx, sql`k.id = ${id}`)
  if (passkey === undefined) throw new Error('a key that was inserted is not there')
  return passkey
}

/** Enrols a key. That it was, when it may sign, and its public key are on the record: its signatures can be checked for ever. */
export const enrolPasskey = verb({
  name: 'enrol a passkey',
  may: roles,
  parse: (raw: unknown) => parse(EnrolPasskey, raw),
  run: (ctx: PasskeyCtx, { name, response }): Promise<Passkey> =>
    transact(ctx, (tx) =>
      denyingPasskey(ctx.principal, async () => {
        const { is_first } = await requireFresh(tx, ctx.principal)
        return await insertPasskey(tx, ctx, { name, response, is_first })
      }),
    ),
})
