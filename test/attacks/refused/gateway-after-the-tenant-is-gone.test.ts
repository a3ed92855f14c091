import type { Tenant } from '@countersign/contract/tenants.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Connector } from '../../../server/src/directory/connector.ts'
import { beginRound, runRound } from '../../../server/src/directory/round.ts'
import type { Refusal } from '../../../server/src/errors.ts'
import { newElected } from '../../../server/src/run/elected.ts'
import { endSessionsOf } from '../../../server/src/sessions/end-of-tenant.ts'
import { codeOf, expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { at, newTenant } from '../../support/directory.ts'
import { until } from '../../support/until.ts'

let rig: GatewayRig
let tenants: Tenant[] = []
/** A tenant that each test has to itself. */
let id = ''
let count = 0
beforeAll(async () => {
  rig = await startGatewayRig()
  tenants = ['ten_a', 'ten_b'].map((kept) => newTenant(0, { id: kept }))
})
afterAll(() => rig.close())
beforeEach(async () => {
  tenants.push(newTenant(++count))
  id = tenants.at(-1)?.id as string
  await sync()
})

/** The directory as it stands is read whole. */
const sync = async () => {
  const { store, journal } = rig.database
  const page = { unreadable: [], next_cursor: null, sync_token: null }
  const connector = { listTenants: async () => ({ ...page, tenants }) } as unknown as Connector
  const settings = { sync_seconds: 0, full_sync_hours: 24, address: 'http://directory.test', audience: 'directory' }
  const needs = {
    store,
    journal,
    connector,
    endSessions: (tx: Parameters<typeof endSessionsOf>[0], ids: readonly string[]) => endSessionsOf(tx, journal, ids),
  }
  return newElected({ store, name: 'directory', seconds: 15, holder: 'test' }).lead(async (lease) => {
    const round = await beginRound(rig.database, lease, settings)
    return round && runRound(needs, lease, round, new AbortController().signal)
  })
}
const say = (members: Partial<Tenant>) => {
  tenants = tenants.map((tenant) => (tenant.id === id ? { ...tenant, ...members } : tenant))
}
const bury = async () => {
  say({ deleted_at: at(301), updated_at: at(301) })
  expect(await sync()).toMatchObject({ deleted: 1 })
}
const giveAway = async () => {
  say({ name: 'Another', created_at: at(302), updated_at: at(302), deleted_at: null })
  expect(await sync()).toMatchObject({ recreated: [id] })
}
const forget = async () => {
  tenants = tenants.filter((tenant) => tenant.id !== id)
  expect(await sync()).toMatchObject({ deleted: 1 })
}
/** Refused, on the record of the session; and not of the tenant, whose id may be another's by now. */
const expectGone = async (token: string, sessionId: string, target = '/v1/reports', code = 'tenant_gone') => {
  rig.upstream.forget()
  const answer = await rig.send(`GET ${target}`, token)
  expect([answer.status, codeOf(answer)]).toEqual([code === 'target_refused' ? 400 : 403, code])
  expect(rig.upstream.bytes()).toHaveLength(0)
  const [event, ...more] = await rig.events({ request_id: answer.headers.get('x-request-id') as string })
  expect(more).toEqual([])
  expect(event).toMatchObject({ action: 'SUPPORT_SESSION.REQUEST.REFUSED', result: 'deny', code, session_id: sessionId })
  expect(event).not.toHaveProperty('tenant_id')
}
const revocationsOf = (sessionId: string) => rig.events({ session_id: sessionId, action: 'SUPPORT_SESSION.TENANT_GONE' })

describe('a session whose tenant is gone from the directory', () => {
  it.each([
    ['was deleted', bury],
    ['comes no more', forget],
    ['gave its id to another', giveAway],
  ])('TI-10 is over in the transaction that notes it: its tenant %s', async (_, leave) => {
    const { session, token } = await rig.open({ tenant_id: id })
    const kept = await rig.open()
    expect((await rig.send('GET /v1/reports', token)).status).toBe(200)
    await leave()
    await expectGone(token, session.id)
    expect(await revocationsOf(session.id)).toMatchObject([
      { actor: { kind: 'system', id: 'directory' }, tenant_id: id, details: { revoked_by: 'tenant_gone' } },
    ])
    expect((await rig.send('GET /v1/reports', kept.token)).status).toBe(200)
    expect(await revocationsOf(kept.session.id)).toEqual([])
    await sync()
    expect(await revocationsOf(session.id)).toHaveLength(1)
  })

  it('TI-10 stays over when the tenant comes back, and its end is recorded where the one with its id cannot see it', async () => {
    const { session, token } = await rig.open({ tenant_id: id })
    expect((await rig.send('GET /v1/reports', token)).status).toBe(200)
    await giveAway()
    await expectGone(token, session.id, '/v1//reports', 'target_refused')
    await expectGone(token, session.id)
    const [revoked] = await revocationsOf(session.id)
    const { rows } = await sql<{ hidden: boolean }>`
      select ${revoked?.occurred_at}::timestamptz < known_since as hidden from tenants where id = ${id}`.execute(rig.database.store.db)
    expect(rows).toEqual([{ hidden: true }])
    const anew = await rig.open({ tenant_id: id })
    expect((await rig.send('GET /v1/reports', anew.token)).status).toBe(200)
  })

  it('S7 is revoked for good, also where the very same tenant is restored', async () => {
    const { session, token } = await rig.open({ tenant_id: id })
    await bury()
    say({ deleted_at: null, updated_at: at(303) })
    expect(await sync()).toMatchObject({ restored: 1, recreated: [] })
    await expectRefusal(rig, await rig.send('GET /v1/reports', token), 'session_revoked', session)
  })

  it.each([
    ['deleted', 'update tenants set deleted_at = clock_timestamp() where id = $1'],
    ['another', 'update tenants set known_since = clock_timestamp() where id = $1'],
  ])('is judged at the admission, whoever wrote that the tenant is %s', async (_, text) => {
    const { session, token } = await rig.open({ tenant_id: id })
    expect((await rig.send('GET /v1/reports', token)).status).toBe(200)
    await rig.database.store.pool.query(text, [id])
    await expectGone(token, session.id)
    expect(await revocationsOf(session.id)).toEqual([])
  })

  it('SE-5 P10 has its stream cut within a second', async () => {
    const { session, token } = await rig.open({ tenant_id: id })
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const timer = setInterval(() => response.write('line\n'), 10)
      response.once('close', () => clearInterval(timer))
    }
    const connection = await rig.connect()
    connection.send(rig.head('GET /v1/stream', token))
    await until(() => connection.pending().includes('line'))
    await bury()
    const noted = performance.now()
    await connection.closed
    expect(performance.now() - noted).toBeLessThan(1_000)
    await until(async () => {
      const [cut] = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.CUT' })
      return cut?.code === 'tenant_gone'
    })
    rig.upstream.forget()
  })

  it('SE-3 ends after the admissions under way, as by any revocation', async () => {
    const { session } = await rig.open({ tenant_id: id })
    const { pool } = rig.database.store
    const admission = await pool.connect()
    await admission.query('begin')
    await admission.query('select hold_session($1)', [session.id])
    say({ deleted_at: at(301), updated_at: at(301) })
    const noted = sync()
    await until(async () => (await pool.query(`select from pg_locks where locktype = 'advisory' and not granted`)).rows.length > 0)
    expect(await revocationsOf(session.id)).toEqual([])
    await admission.query('commit')
    admission.release()
    await noted
    expect(await revocationsOf(session.id)).toHaveLength(1)
  })

  it('cannot be opened any more, nor while the deletion is being written', async () => {
    const codeOfOpening = () =>
      rig.open({ tenant_id: id }).then(
        () => 'opened',
        (error: unknown) => (error as Refusal).code,
      )
    const { pool } = rig.database.store
    const mirror = await pool.connect()
    await mirror.query('begin')
    await mirror.query('update tenants set deleted_at = clock_timestamp() where id = $1', [id])
    const opening = codeOfOpening()
    await until(async () => (await pool.query(`select from pg_locks where locktype = 'transactionid' and not granted`)).rows.length > 0)
    await mirror.query('commit')
    mirror.release()
    expect(await opening).toBe('not_found')
    expect(await codeOfOpening()).toBe('not_found')
    const denied = (await rig.events({ action: 'SUPPORT_SESSION.DENIED' })).filter(({ tenant_id }) => tenant_id === id)
    expect(denied.map(({ code }) => code)).toEqual(['not_found', 'not_found'])
  })
})
