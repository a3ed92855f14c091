import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seededPassword, seededTotpSecret } from '../../examples/acme/src/seed/people.ts'
import { type AcmeRig, cookiesOf, newIssuer, now, rob, signIn, startAcme, type Target, totpNow } from './rig.ts'

let acme: AcmeRig

beforeAll(async () => {
  acme = await startAcme()
})

afterAll(() => acme?.stop())

type Answer = { id: string; status: string; count: number | null; code: string | null; message: string | null; at: string }

const user = (id: string): Target => ({ kind: 'user', id })
const eve = user('usr_eve_globex')
const globex: Target = { kind: 'tenant', id: 'ten_globex' }

const done = async (response: Response | Promise<Response>): Promise<Answer> => {
  const answer = await response
  const text = await answer.text()
  expect(answer.status, text).toBe(200)
  return JSON.parse(text) as Answer
}
const refusal = async (response: Response | Promise<Response>) => {
  const answer = await response
  return { status: answer.status, ...((await answer.json()) as { code: string; message: string }) }
}

/** What a cookie opens: 200 for somebody signed in, 401 for nobody. */
const opens = async (cookie: string) => (await fetch(`${acme.url}/v1/notifications`, { headers: { cookie } })).status
const detail = async (id: string) =>
  (await (await acme.ask(`/countersign/users/${id}`)).json()) as {
    user: { status: string }
    factors: { id: string; kind: string }[]
    sessions: { id: string; device: string }[]
  }
const kinds = async (id: string) => (await detail(id)).factors.map((factor) => factor.kind)
const liveSessions = async (where: string) =>
  Number((await acme.sql<{ n: string }>(`SELECT count(*) AS n FROM session WHERE "expiresAt" > now() AND ${where}`))[0]?.n)
/** What the product received under an id, in order. */
const received = (id: string) =>
  acme.sql<{ outcome: string | null; code: string | null; requested_by: string }>(
    'SELECT outcome, code, requested_by FROM support_calls WHERE act_id = $1 ORDER BY seq',
    [id],
  )

describe('an act', () => {
  it('is offered by name', async () => {
    const { acts } = (await (await acme.ask('/countersign')).json()) as { acts: string[] }
    expect(acts).toEqual([
      'reset_passkey',
      'reset_totp',
      'revoke_sessions',
      'revoke_session',
      'send_magic_link',
      'suspend_account',
      'restore_account',
      'force_logout',
    ])
  })

  it('revoke_session ends one session of the user and leaves the others', async () => {
    const [kept, lost] = [
      await signIn(acme.url, 'eve@globex.example', seededPassword),
      await signIn(acme.url, 'eve@globex.example', seededPassword),
    ]
    const newest = (await detail(eve.id)).sessions[0]
    const parameters = { session_id: newest?.id }
    expect(await done(acme.order(eve, 'revoke_session', { parameters }))).toMatchObject({ status: 'done', count: 1 })
    expect([await opens(kept), await opens(lost)]).toEqual([200, 401])
    expect(await done(acme.order(eve, 'revoke_session', { parameters }))).toMatchObject({ status: 'done', count: 0 })
  })

  it('revoke_session leaves a session of another user alone', async () => {
    const cookie = await signIn(acme.url, 'bill@initech.example', seededPassword)
    const id = `act_${randomUUID()}`
    const parameters = { session_id: (await detail('usr_bill_initech')).sessions[0]?.id }
    const answer = await done(acme.order(eve, 'revoke_session', { id, parameters }))
    expect(answer).toMatchObject({ status: 'failed', count: null, code: 'session_of_another_user' })
    expect(await opens(cookie)).toBe(200)
    expect(await received(id)).toMatchObject([{ outcome: 'failed', code: 'session_of_another_user' }])
  })

  it('revoke_sessions ends those on Firefox and the iPhone, and every other of the user alone', async () => {
    const cookie = await signIn(acme.url, 'eve@globex.example', seededPassword)
    const other = await signIn(acme.url, 'hank@globex.example', seededPassword)
    const { sessions } = await detail(eve.id)
    expect(sessions.map((session) => session.device)).toEqual(
      expect.arrayContaining([expect.stringContaining('Firefox'), expect.stringContaining('iPhone')]),
    )
    expect(await done(acme.order(eve, 'revoke_sessions'))).toMatchObject({ status: 'done', count: sessions.length })
    expect([await opens(cookie), await opens(other)]).toEqual([401, 200])
    expect((await detail(eve.id)).sessions).toEqual([])
    expect(await done(acme.order(eve, 'revoke_sessions'))).toMatchObject({ status: 'done', count: 0 })
  })

  it('revoke_sessions ends a stream that is under way', async () => {
    const cookie = await signIn(acme.url, 'hank@globex.example', seededPassword)
    const stream = await fetch(`${acme.url}/v1/events`, { headers: { cookie } })
    await done(acme.order(user('usr_hank_globex'), 'revoke_sessions'))
    // It would never end by itself.
    await stream.text()
  })

  it('reset_totp takes the second factor away, the recovery codes with it', async () => {
    const milton = user('usr_milton_initech')
    expect(await kinds(milton.id)).toEqual(expect.arrayContaining(['totp', 'recovery_codes']))
    expect(await done(acme.order(milton, 'reset_totp'))).toMatchObject({ status: 'done', count: 1 })
    expect(await kinds(milton.id)).not.toEqual(expect.arrayContaining(['totp']))
    expect(await acme.sql(`SELECT 1 FROM "twoFactor" WHERE "userId" = $1`, [milton.id])).toEqual([])
    const response = await post('/sign-in/email', { email: 'milton@initech.example', password: seededPassword })
    expect(await response.json()).toMatchObject({ user: { email: 'milton@initech.example' } })
    expect(await opens(cookiesOf(response))).toBe(200)
    expect(await done(acme.order(milton, 'reset_totp'))).toMatchObject({ count: 0 })
  })

  it('reset_totp makes a device forget that it was trusted', async () => {
    const [someone] = await acme.sql<{ id: string; email: string }>(
      `SELECT u.id, u.email FROM "user" u JOIN account a ON a."userId" = u.id
       WHERE u."twoFactorEnabled" AND NOT u.banned AND u.id <> $1 ORDER BY u.id LIMIT 1`,
      [eve.id],
    )
    const first = await post('/sign-in/email', { email: someone?.email, password: seededPassword })
    const trusting = { code: totpNow(seededTotpSecret), trustDevice: true }
    expect((await post('/two-factor/verify-totp', trusting, cookiesOf(first))).status).toBe(200)
    const trusted = () => acme.sql(`SELECT 1 FROM verification WHERE value = $1 AND identifier LIKE 'trust-device-%'`, [someone?.id])
    expect(await trusted()).toHaveLength(1)
    await done(acme.order(user(someone?.id ?? ''), 'reset_totp'))
    expect(await trusted()).toEqual([])
  })

  it('reset_passkey removes every passkey of the user and of nobody else', async () => {
    const [two] = await acme.sql<{ userId: string }>(`SELECT "userId" FROM passkey GROUP BY 1 HAVING count(*) = 2 ORDER BY 1 LIMIT 1`)
    const id = two?.userId ?? ''
    const all = async () => Number((await acme.sql<{ n: string }>('SELECT count(*) AS n FROM passkey'))[0]?.n)
    const before = await all()
    expect(await done(acme.order(user(id), 'reset_passkey'))).toMatchObject({ status: 'done', count: 2 })
    expect(await kinds(id)).not.toContain('passkey')
    expect(await all()).toBe(before - 2)
    expect(await done(acme.order(user(id), 'reset_passkey'))).toMatchObject({ status: 'done', count: 0 })
  })

  it('send_magic_link mails a link that signs the user in once, and tells nobody else', async () => {
    const response = await acme.order(eve, 'send_magic_link')
    const text = await response.clone().text()
    expect(await done(response)).toMatchObject({ status: 'done', count: 1 })
    const [mail] = await acme.sql<{ link: string }>('SELECT link FROM mails WHERE user_id = $1 ORDER BY id DESC LIMIT 1', [eve.id])
    const token = new URL(mail?.link ?? '').searchParams.get('token') ?? ''
    expect(token.length).toBeGreaterThan(20)
    expect(text).not.toContain(token)
    expect(await (await fetch(`${acme.url}/support`)).text()).not.toContain(token)
    expect(await (await fetch(`${acme.url}/mailbox`)).text()).toContain(token)
    const opened = await fetch(mail?.link ?? '', { redirect: 'manual' })
    expect(opened.headers.get('location')).toBe(`${acme.url}/account`)
    expect(await opens(cookiesOf(opened))).toBe(200)
    const again = await fetch(mail?.link ?? '', { redirect: 'manual' })
    expect(again.headers.get('location')).toContain('error=INVALID_TOKEN')
    expect(cookiesOf(again)).toBe('')
  })

  it('suspend_account ends the sessions and lets nobody in by any way; restore_account lets them in again', async () => {
    const lucius = user('usr_lucius_wayne')
    const cookie = await signIn(acme.url, 'lucius@wayne.example', seededPassword)
    await done(acme.order(lucius, 'send_magic_link'))
    const [mail] = await acme.sql<{ link: string }>('SELECT link FROM mails WHERE user_id = $1 ORDER BY id DESC LIMIT 1', [lucius.id])
    const { sessions } = await detail(lucius.id)
    const approvedBy = [{ sub: 'stf_2', email: 'mgr@vendor.example' }]
    const answer = await done(acme.order(lucius, 'suspend_account', { approvedBy }))
    expect(answer).toMatchObject({ status: 'done', count: sessions.length })
    expect((await detail(lucius.id)).user.status).toBe('suspended')
    expect(await opens(cookie)).toBe(401)
    await expect(signIn(acme.url, 'lucius@wayne.example', seededPassword)).rejects.toThrow('403')
    const opened = await fetch(mail?.link ?? '', { redirect: 'manual' })
    expect(await opens(cookiesOf(opened))).toBe(401)
    expect(await done(acme.order(lucius, 'send_magic_link'))).toMatchObject({ status: 'failed', code: 'suspended' })
    const [row] = await acme.sql<{ approved_by: string[] }>('SELECT approved_by FROM support_acts WHERE id = $1', [answer.id])
    expect(row?.approved_by).toEqual(['mgr@vendor.example'])

    expect(await done(acme.order(lucius, 'restore_account'))).toMatchObject({ status: 'done', count: 1 })
    expect(await opens(await signIn(acme.url, 'lucius@wayne.example', seededPassword))).toBe(200)
    expect(await opens(cookie)).toBe(401)
    expect(await done(acme.order(lucius, 'restore_account'))).toMatchObject({ status: 'done', count: 0 })
  })

  describe('suspend_account, and a sign-in at the same moment:', () => {
    const rachael = user('usr_rachael_tyrell')
    let other: pg.Client
    const waiting = (start: string) =>
      expect
        .poll(() => acme.sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE $1`, [`${start}%`]))
        .toHaveLength(1)

    beforeEach(async () => {
      other = new pg.Client({ connectionString: acme.databaseUrl })
      await other.connect()
      await other.query('BEGIN')
    })
    afterEach(() => other.end())

    it('a session that is beginning is ended with the others', async () => {
      await other.query(
        `INSERT INTO session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
         VALUES ('sgn_just_now', 'just now', $1, now() + interval '1 day', now(), now())`,
        [rachael.id],
      )
      const suspended = acme.order(rachael, 'suspend_account')
      await waiting('%FOR NO KEY UPDATE OF u')
      await other.query('COMMIT')
      await done(suspended)
      expect(await liveSessions(`"userId" = '${rachael.id}'`)).toBe(0)
      await done(acme.order(rachael, 'restore_account'))
    })

    it('a session that waits for the suspension does not begin', async () => {
      await other.query(`UPDATE "user" SET banned = true WHERE id = $1`, [rachael.id])
      const entering = signIn(acme.url, 'rachael@tyrell.example', seededPassword).catch(String)
      await waiting('insert into "session"')
      await other.query('COMMIT')
      expect(await entering).toContain('was not let in: 401')
      await done(acme.order(rachael, 'restore_account'))
    })
  })

  it('force_logout ends every session of the tenant and none of another', async () => {
    const inTenant = `"userId" IN (SELECT "userId" FROM member WHERE "organizationId" = 'ten_globex')`
    const theirs = await signIn(acme.url, 'hank@globex.example', seededPassword)
    const others = await signIn(acme.url, 'bill@initech.example', seededPassword)
    const [before, outside] = [await liveSessions(inTenant), await liveSessions(`NOT ${inTenant}`)]
    expect(before).toBeGreaterThan(100)
    expect(await done(acme.order(globex, 'force_logout'))).toMatchObject({ status: 'done', count: before })
    expect([await opens(theirs), await opens(others)]).toEqual([401, 200])
    expect([await liveSessions(inTenant), await liveSessions(`NOT ${inTenant}`)]).toEqual([0, outside])
  })

  it('that waits for another on the same user is done after it, not lost', async () => {
    const acts = ['revoke_sessions', 'reset_passkey', 'reset_totp', 'suspend_account', 'restore_account', 'send_magic_link']
    const hank = user('usr_hank_globex')
    const answers = await Promise.all([...acts.map((act) => acme.order(hank, act)), acme.order(globex, 'force_logout')])
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
    await done(acme.order(hank, 'restore_account'))
  })
})

const post = (path: string, body: unknown, cookie = '') =>
  fetch(`${acme.url}/api/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: acme.url, cookie },
    body: JSON.stringify(body),
  })

describe('the id of an act', () => {
  const outcome = async (id: string) => acme.ask(`/countersign/acts/${id}`)

  it('stands for one effect: 20 calls at once are one mail and one answer', async () => {
    const mails = async () => (await acme.sql('SELECT 1 FROM mails WHERE user_id = $1', [eve.id])).length
    const before = await mails()
    const id = `act_${randomUUID()}`
    const answers = await Promise.all(Array.from({ length: 20 }, async () => done(acme.order(eve, 'send_magic_link', { id }))))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await mails()).toBe(before + 1)
    const outcomes = (await received(id)).map((call) => call.outcome).sort()
    expect(outcomes).toEqual(['done', ...Array.from({ length: 19 }, () => 'repeated')])
  })

  it('gives the recorded answer later, to a repetition and to who asks', async () => {
    const id = `act_${randomUUID()}`
    expect(await refusal(outcome(id))).toMatchObject({ status: 404, code: 'not_found' })
    await signIn(acme.url, 'gavin@hooli.example', seededPassword)
    const first = await done(acme.order(user('usr_gavin_hooli'), 'revoke_sessions', { id }))
    expect(first.count).toBeGreaterThan(0)
    const cookie = await signIn(acme.url, 'gavin@hooli.example', seededPassword)
    expect(await done(acme.order(user('usr_gavin_hooli'), 'revoke_sessions', { id }))).toEqual(first)
    expect(await done(outcome(id))).toEqual(first)
    expect(await opens(cookie)).toBe(200)
    expect(await received(id)).toMatchObject([{ outcome: 'done', requested_by: rob.email }, { outcome: 'repeated' }])
  })

  it('is good for no other act, target or parameters', async () => {
    const id = `act_${randomUUID()}`
    const parameters = { session_id: 'sgn_none' }
    await done(acme.order(eve, 'revoke_session', { id, parameters }))
    for (const again of [
      acme.order(eve, 'revoke_sessions', { id }),
      acme.order(user('usr_hank_globex'), 'revoke_session', { id, parameters }),
      acme.order(eve, 'revoke_session', { id, parameters: { session_id: 'sgn_other' } }),
      acme.order(globex, 'force_logout', { id }),
    ]) {
      expect(await refusal(again)).toMatchObject({ status: 422, code: 'key_reused' })
    }
    expect((await received(id)).map((call) => call.outcome)).toEqual(['done', 'refused', 'refused', 'refused', 'refused'])
  })

  it('that was refused is not remembered', async () => {
    const id = `act_${randomUUID()}`
    expect(await refusal(acme.order(user('usr_none'), 'revoke_sessions', { id }))).toMatchObject({ status: 404, code: 'not_found' })
    expect((await outcome(id)).status).toBe(404)
    await done(acme.order(eve, 'revoke_sessions', { id }))
  })
})

describe('a call to act', () => {
  let cookie: string
  const untouched = async (call: Promise<Response>) => {
    const answer = await refusal(call)
    expect(await opens(cookie)).toBe(200)
    return answer
  }

  beforeAll(async () => {
    cookie = await signIn(acme.url, 'virginia@stark.example', seededPassword)
  })

  const virginia = user('usr_virginia_stark')

  it('that is forged or expired has no effect', async () => {
    const stranger = await newIssuer()
    for (const options of [
      { signer: stranger },
      { claims: { iat: now() - 90, exp: now() - 60 } },
      { claims: { exp: now() + 120 } },
      { claims: { htu: '/countersign/users/usr_eve_globex/acts' } },
      { claims: { htm: 'GET' } },
      { claims: { aud: 'acme-api' } },
      { claims: { body_sha256: 'x' } },
    ]) {
      expect(await untouched(acme.order(virginia, 'revoke_sessions', options)), JSON.stringify(options.claims)).toMatchObject({
        status: 401,
        code: 'bad_assertion',
      })
    }
    await stranger.close()
  })

  it('whose token or body says something else than the call has no effect', async () => {
    const id = `act_${randomUUID()}`
    const target = virginia
    for (const options of [
      { key: undefined },
      { key: 'not a key' },
      { key: `act_${randomUUID()}` },
      { claims: { operation: undefined } },
      { claims: { operation: { id, act: 'revoke_sessions', target: eve } } },
      { claims: { operation: { id, act: 'reset_totp', target } } },
      { claims: { act: { sub: 'stf_9', email: 'val@vendor.example' } } },
      { claims: { act: undefined } },
      { parameters: { session_id: 'sgn_1' } },
      { parameters: { force: true } },
      { body: { requested_by: undefined } },
      { body: { approved_by: undefined } },
      { body: { parameters: undefined } },
    ]) {
      expect(await untouched(acme.order(target, 'revoke_sessions', { id, ...options })), JSON.stringify(options)).toMatchObject({
        status: 400,
        code: 'bad_request',
      })
    }
    expect(await refusal(acme.order(virginia, 'revoke_session'))).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('for what is not offered, or not on such a target, is refused', async () => {
    for (const [target, act] of [
      [virginia, 'delete_account'],
      [virginia, 'force_logout'],
      [virginia, 'constructor'],
      [{ kind: 'tenant', id: 'ten_stark' }, 'revoke_sessions'],
    ] as const) {
      expect(await untouched(acme.order(target, act)), act).toMatchObject({ status: 422, code: 'unknown_act' })
    }
    for (const target of [user('ten_stark'), { kind: 'tenant', id: 'usr_virginia_stark' } as const]) {
      const act = target.kind === 'user' ? 'revoke_sessions' : 'force_logout'
      expect(await untouched(acme.order(target, act)), act).toMatchObject({ status: 404, code: 'not_found' })
    }
  })

  it('that expires while it waits for a lock has no effect', async () => {
    const id = `act_${randomUUID()}`
    const blocker = new pg.Client({ connectionString: acme.databaseUrl })
    await blocker.connect()
    await blocker.query('begin')
    await blocker.query(`SELECT id FROM "user" WHERE id = 'usr_virginia_stark' FOR UPDATE`)
    // Within the tolerance of five seconds when it arrives, no longer when the lock is free.
    const late = acme.order(virginia, 'revoke_sessions', { id, claims: { iat: now() - 5, exp: now() - 4 } })
    await blocker.query('select pg_sleep(2)')
    await blocker.end()
    expect(await refusal(late)).toMatchObject({ status: 401, code: 'bad_assertion' })
    expect(await opens(cookie)).toBe(200)
    expect((await acme.ask(`/countersign/acts/${id}`)).status).toBe(404)
    expect(await received(id)).toMatchObject([{ outcome: 'refused', code: 'bad_assertion' }])
  })
})
