import type { EndedBy, Session, SessionStanding, SessionStatus } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAdmission } from '../../server/src/sessions/admit.ts'
import { endSessionsOf } from '../../server/src/sessions/end-of-tenant.ts'
import { noteExpiries } from '../../server/src/sessions/expire.ts'
import { getSession } from '../../server/src/sessions/get.ts'
import { listSessions } from '../../server/src/sessions/list.ts'
import { formatAsk, formatLines, openRecorder, type Recorder } from '../../server/src/sessions/record-admissions.ts'
import { revokeSession } from '../../server/src/sessions/revoke.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser } from '../support/database.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

/** What may have happened to a session, as SQL on its row (`s`), its tenant and its opener. */
const revoked = `insert into session_revocations (session_id, revoked_by_kind, revoked_by, event_id) values ($1, 'staff', 'x', 'evt_x')`
const expired = `update support_sessions set issued_at = issued_at - interval '20 minutes', expires_at = clock_timestamp() where id = $1`
const idle = `update session_activity set idle_at = clock_timestamp() where session_id = $1`
const deleted = `update tenants t set deleted_at = clock_timestamp() from support_sessions s where s.id = $1 and t.id = s.tenant_id`
const another = `update tenants t set known_since = clock_timestamp() from support_sessions s where s.id = $1 and t.id = s.tenant_id`
const erased = `delete from tenants t using support_sessions s where s.id = $1 and t.id = s.tenant_id`
const disabled = `update staff m set disabled_at = clock_timestamp() from support_sessions s where s.id = $1 and m.id = s.staff_id`
const demoted = `update staff m set roles = array['auditor', 'support_manager'] from support_sessions s where s.id = $1 and m.id = s.staff_id`

type Cause = {
  what: string
  happened: string[]
  standing: SessionStanding
  status: SessionStatus
  /** What the admission refuses with; undefined where it lets the request pass. */
  code?: string
  /** What a revocation answers: the status from then on, or a refusal. */
  revoke: SessionStatus | 'session_already_over'
  /** Whether the end of its tenant revokes it; with which event its end by time is noted; and what it is said to have ended by. */
  endsWithTenant: boolean
  isNoted: 'EXPIRED' | 'TIMED_OUT' | false
  endedBy: EndedBy | null
}

const over = { endsWithTenant: false }
const isActive = { status: 'ACTIVE', revoke: 'REVOKED', endsWithTenant: true, isNoted: false, endedBy: null } as const
const isRevoked = { status: 'REVOKED', revoke: 'REVOKED', ...over, isNoted: false, endedBy: 'staff' } as const
const isIdle = { status: 'EXPIRED', revoke: 'session_already_over', ...over, isNoted: 'TIMED_OUT', endedBy: 'idle' } as const
const isExpired = { status: 'EXPIRED', revoke: 'session_already_over', ...over, isNoted: 'EXPIRED', endedBy: 'expiry' } as const
const tenantGone = { standing: 'tenant_gone', code: 'tenant_gone' } as const
const notAllowed = { standing: 'staff_not_allowed', code: 'staff_not_allowed' } as const

const causes: Cause[] = [
  { what: 'nothing', happened: [], standing: 'usable', ...isActive },
  { what: 'its revocation', happened: [revoked], standing: 'revoked', code: 'session_revoked', ...isRevoked },
  { what: 'its expiry', happened: [expired], standing: 'expired', code: 'session_expired', ...isExpired },
  { what: 'nobody doing anything', happened: [idle], standing: 'idle', code: 'session_timed_out', ...isIdle },
  { what: 'the time, then nobody', happened: [expired, idle], standing: 'expired', code: 'session_expired', ...isExpired },
  { what: 'its revocation, then nobody', happened: [revoked, idle], standing: 'revoked', code: 'session_revoked', ...isRevoked },
  { what: 'its revocation, then the time', happened: [revoked, expired], standing: 'revoked', code: 'session_revoked', ...isRevoked },
  { what: 'a tenant that was deleted', happened: [deleted], ...tenantGone, ...isActive },
  { what: 'a tenant whose id is another’s', happened: [another], ...tenantGone, ...isActive },
  { what: 'a tenant that is nowhere', happened: [erased], ...tenantGone, ...isActive },
  { what: 'a tenant that was deleted, which revoked it', happened: [deleted, revoked], ...tenantGone, ...isRevoked },
  { what: 'a tenant that was deleted, then the time', happened: [deleted, expired], ...tenantGone, ...isExpired },
  { what: 'an opener who is disabled', happened: [disabled], ...notAllowed, ...isActive },
  { what: 'an opener without the role', happened: [demoted], ...notAllowed, ...isActive },
  {
    what: 'a revocation, and an opener without the role',
    happened: [demoted, revoked],
    standing: 'revoked',
    code: 'session_revoked',
    ...isRevoked,
  },
]

let rig: SessionRig
let recorder: Recorder
const sessions = new Map<string, { session: Session; tokenHash: string }>()
beforeAll(async () => {
  rig = await startSessionRig()
  const { appUrl, keys, store, superuserUrl } = rig.database
  recorder = await openRecorder({ databaseUrl: appUrl, eventKey: keys.event })
  for (const [i, { what, happened }] of causes.entries()) {
    const tenant_id = `ten_${i}`
    await store.pool.query(`insert into tenants (id, name, status, created_at, updated_at) values ($1, $1, 'active', now(), now())`, [
      tenant_id,
    ])
    const { session } = await rig.open({ tenant_id }, await rig.newStaff(['support_admin']))
    const [row] = await asSuperuser<{ hash: string }>(
      superuserUrl,
      `select encode(token_hash, 'hex') as hash from support_sessions where id = $1`,
      [session.id],
    )
    for (const text of happened) await asSuperuser(superuserUrl, text, [session.id])
    sessions.set(what, { session, tokenHash: row?.hash as string })
  }
})
afterAll(async () => {
  await recorder.close()
  await rig.close()
})

const needed = { scope: 'billing:read', roles: consoleRoles }

const sessionOf = ({ what }: Cause): Session => sessions.get(what)?.session as Session
/** Asks for an admission as the gateway does; answers the refusal's code, undefined where it is recorded. */
const admissionOf = async (cause: Cause): Promise<string | undefined> => {
  const admission = newAdmission(rig.database)
  const facts = await admission.findFacts(sessions.get(cause.what)?.tokenHash as string)
  if (!facts) throw new Error('the session has no facts')
  const event = { head: '{"occurred_at":"', tail: `","session":"${facts.id}"}`, disclosures: [] }
  const attempt = async () => {
    const batch = recorder.mark({ ...formatLines([event]), asks: [formatAsk(facts, needed, true)] })
    const [[remainingMs] = []] = await recorder.record([batch])
    return remainingMs
  }
  return admission.admit(facts, needed, attempt).then(
    () => undefined,
    (error: { code: string }) => error.code,
  )
}
const admissionsOf = async ({ id }: Session): Promise<number> => {
  const { rows } = await rig.database.store.pool.query(`select from events where body like $1`, [`%"session":"${id}"}`])
  return rows.length
}

describe('a session is judged alike wherever it is asked for', () => {
  it.each(causes)('S3 S7 SE-5 by the admission, which records nothing else: $what', async (cause) => {
    expect(await admissionOf(cause)).toBe(cause.code)
    expect(await admissionsOf(sessionOf(cause))).toBe(cause.code === undefined ? 1 : 0)
  })

  it.each(causes)('S7 by who reads it: $what', async (cause) => {
    const { id } = sessionOf(cause)
    const session = await getSession({ ...rig.needs, principal: rig.staff }, id)
    expect(session).toMatchObject({ status: cause.status, standing: cause.standing })
    expect(session.ended_by).toBe(cause.endedBy)
    expect([session.ended_at !== null, session.ended_by !== null, session.remaining_seconds === 0]).toEqual(
      Array(3).fill(cause.status !== 'ACTIVE'),
    )
  })

  it.each(causes)('S7 C36 by the list and its filter: $what', async (cause) => {
    const { id, tenant_id } = sessionOf(cause)
    for (const status of ['ACTIVE', 'EXPIRED', 'REVOKED'] as const) {
      const { items } = await listSessions({ ...rig.needs, principal: rig.staff }, { tenant_id, status })
      expect(items.map((session) => [session.id, session.standing])).toEqual(status === cause.status ? [[id, cause.standing]] : [])
    }
  })

  it('C35 by the counters', async () => {
    const { counters } = await listSessions({ ...rig.needs, principal: rig.staff }, {})
    const count = (is: (cause: Cause) => boolean) => causes.filter(is).length
    expect(counters).toEqual({
      active: count(({ status }) => status === 'ACTIVE'),
      revoked: count(({ status }) => status === 'REVOKED'),
      expired: count(({ status }) => status === 'EXPIRED'),
      unusable: count(({ status, standing }) => status === 'ACTIVE' && standing !== 'usable'),
    })
  })

  it('P10 by who looks after what runs', async () => {
    const ids = causes.map((cause) => sessionOf(cause).id)
    const looks = await newAdmission(rig.database).lookAt([...ids, 'ses_unknown'])
    expect([...ids, 'ses_unknown'].map((id) => looks.get(id)?.code)).toEqual([...causes.map(({ code }) => code), 'token_refused'])
  })

  it('S7 by who notes that time has run out', async () => {
    await noteExpiries(rig.needs, false)
    const noted = await rig.events(({ action }) => /^SUPPORT_SESSION\.(EXPIRED|TIMED_OUT)$/.test(action))
    const expected = causes.flatMap((cause) => (cause.isNoted ? [`${sessionOf(cause).id} SUPPORT_SESSION.${cause.isNoted}`] : []))
    expect(noted.map(({ session_id, action }) => `${session_id} ${action}`).sort()).toEqual(expected.sort())
  })

  it.each(causes)('TI-10 by the end of its tenant: $what', async (cause) => {
    const { id, tenant_id } = sessionOf(cause)
    const rolledBack = new Error('only to see')
    const ended = transaction(rig.needs.store, async (tx) => {
      await endSessionsOf(tx, rig.needs.journal, [tenant_id])
      const found = await tx.selectFrom('session_revocations').select('session_id').where('revoked_by_kind', '=', 'tenant_gone').execute()
      expect(found).toEqual(cause.endsWithTenant ? [{ session_id: id }] : [])
      throw rolledBack
    })
    await expect(ended).rejects.toBe(rolledBack)
  })

  it.each(causes)('S15 by a revocation: $what', async (cause) => {
    const { id } = sessionOf(cause)
    const answer = revokeSession({ ...rig.needs, principal: rig.staff }, { session_id: id })
    if (cause.revoke === 'session_already_over') expect(await codeOf(answer)).toBe('session_already_over')
    else expect((await answer).status).toBe(cause.revoke)
  })
})
