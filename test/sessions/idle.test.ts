import { setTimeout as wait } from 'node:timers/promises'
import type { Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAdmission } from '../../server/src/sessions/admit.ts'
import { noteExpiries } from '../../server/src/sessions/expire.ts'
import { getSession } from '../../server/src/sessions/get.ts'
import { formatAsk, formatLines, openRecorder, type Recorder } from '../../server/src/sessions/record-admissions.ts'
import { asSuperuser } from '../support/database.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

let rig: SessionRig
/** Two instances, each with its own. */
let recorders: [Recorder, Recorder]
beforeAll(async () => {
  rig = await startSessionRig()
  const { appUrl, keys } = rig.database
  const open = () => openRecorder({ databaseUrl: appUrl, eventKey: keys.event })
  recorders = [await open(), await open()]
})
afterAll(async () => {
  for (const recorder of recorders) await recorder.close()
  await rig.close()
})

const owner = (text: string, values: unknown[]) => asSuperuser<Record<string, unknown>>(rig.database.superuserUrl, text, values)

/** Sets how many seconds a session has left before it is idle, as only time can. */
const leave = (session: Session, seconds: number) =>
  owner(`update session_activity set idle_at = clock_timestamp() + make_interval(secs => $2) where session_id = $1`, [session.id, seconds])

const secondsLeft = async ({ id }: Session): Promise<number> => {
  const { rows } = await sql<{ left: number }>`
    select extract(epoch from idle_at - clock_timestamp())::float8 as left from session_activity where session_id = ${id}`.execute(
    rig.database.store.db,
  )
  return rows[0]?.left as number
}

/** One request of each of these sessions, admitted by one statement; answers which were. */
const request = async (sessions: readonly Session[], byPerson: boolean, recorder = recorders[0]): Promise<boolean[]> => {
  const admission = newAdmission(rig.database)
  const asks = await Promise.all(
    sessions.map(async ({ id }) => {
      const [row] = await owner(`select encode(token_hash, 'hex') as hash from support_sessions where id = $1`, [id])
      const facts = await admission.findFacts(row?.hash as string)
      if (!facts) throw new Error('the session has no facts')
      return formatAsk(facts, { scope: 'billing:read', roles: consoleRoles }, byPerson)
    }),
  )
  const event = { head: '{"occurred_at":"', tail: '"}', disclosures: [] }
  const [granted = []] = await recorder.record([recorder.mark({ ...formatLines(asks.map(() => event)), asks })])
  return granted.map((remaining) => remaining !== undefined)
}

describe('the idle limit of a session (M16)', () => {
  it('M16 is ten minutes from the opening, beside the time that it has', async () => {
    const { session } = await rig.open({ ttl_minutes: 60 })
    expect(session.idle_minutes).toBe(10)
    expect(Date.parse(session.idle_at) - Date.parse(session.issued_at)).toBe(600_000)
  })

  it('M16 moves with what a person did, and not with what a page did by itself', async () => {
    const { session } = await rig.open({ ttl_minutes: 60 })
    await leave(session, 60)
    expect(await request([session], false)).toEqual([true])
    expect(await secondsLeft(session)).toBeLessThan(61)
    expect(await request([session], true)).toEqual([true])
    expect(await secondsLeft(session)).toBeGreaterThan(595)
  })

  it('M16 is written once in five seconds at most, and never more than five early', async () => {
    const { session } = await rig.open({ ttl_minutes: 60 })
    await leave(session, 597)
    await request([session], true)
    expect(await secondsLeft(session)).toBeLessThan(598)
    await leave(session, 594)
    await request([session], true)
    expect(await secondsLeft(session)).toBeGreaterThan(598)
  })

  it('TM-1 M16 is over by the database’s clock, and nothing brings the session back', async () => {
    const { session } = await rig.open({ ttl_minutes: 60 })
    await leave(session, 0.2)
    await wait(250)
    expect(await request([session], true)).toEqual([false])
    expect(await getSession({ ...rig.needs, principal: rig.staff }, session.id)).toMatchObject({
      status: 'EXPIRED',
      standing: 'idle',
      ended_by: 'idle',
    })
    expect(await secondsLeft(session)).toBeLessThan(0)
  })

  it('M16 TM-1 never lets a session live beyond its end', async () => {
    const { session } = await rig.open({ ttl_minutes: 5 })
    await request([session], true)
    await owner(`update support_sessions set issued_at = issued_at - interval '10 minutes', expires_at = clock_timestamp() where id = $1`, [
      session.id,
    ])
    expect(await request([session], true)).toEqual([false])
    expect(await getSession({ ...rig.needs, principal: rig.staff }, session.id)).toMatchObject({ standing: 'expired', ended_by: 'expiry' })
  })

  it('M16 holds where two instances move the limits of many sessions at once, in opposite order', async () => {
    const sessions = await Promise.all(Array.from({ length: 12 }, () => rig.open({ ttl_minutes: 60 })))
    const all = sessions.map(({ session }) => session)
    for (let round = 0; round < 10; round++) {
      for (const session of all) await leave(session, 30)
      const [one, other] = await Promise.all([request(all, true, recorders[0]), request(all.toReversed(), true, recorders[1])])
      expect([...one, ...other].every(Boolean)).toBe(true)
      for (const session of all) expect(await secondsLeft(session)).toBeGreaterThan(590)
    }
  })

  it('M16 A35 puts the end on the record once, as an end of its own', async () => {
    const [onTenant, onUser] = [await rig.open(), await rig.open({ target_user_id: 'usr_a', ttl_minutes: 15 })]
    for (const { session } of [onTenant, onUser]) await leave(session, 0)
    await Promise.all([noteExpiries(rig.needs, false), noteExpiries(rig.needs, false)])
    const ofSession = ({ session }: typeof onTenant) =>
      rig.events((event) => event.session_id === session.id && /TIMED_OUT/.test(event.action))
    expect(await ofSession(onTenant)).toMatchObject([{ action: 'SUPPORT_SESSION.TIMED_OUT', result: 'ok', tenant_id: 'ten_a' }])
    expect(await ofSession(onUser)).toMatchObject([{ action: 'IMPERSONATE.TIMED_OUT', target: { kind: 'user', id: 'usr_a' } }])
  })

  it('M16 the program may move the limit and change nothing else of a session', async () => {
    const { session } = await rig.open()
    const { pool } = rig.database.store
    for (const change of ["expires_at = expires_at + interval '1 minute'", 'idle_seconds = 3600', 'revoked = false', "scopes = '{a:b}'"])
      await expect(pool.query(`update support_sessions set ${change} where id = $1`, [session.id])).rejects.toThrow('permission denied')
    await expect(pool.query('delete from session_activity where session_id = $1', [session.id])).rejects.toThrow('permission denied')
    await expect(pool.query('update session_counts set n = 0')).rejects.toThrow('permission denied')
    expect(await codeOf(getSession({ ...rig.needs, principal: rig.staff }, session.id))).toBe('nothing was refused')
  })
})
