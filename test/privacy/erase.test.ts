import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { EventOf } from '@countersign/contract/events.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findCheckpoint } from '../../server/src/audit/checkpoint.ts'
import { listEvents, listTenantEvents } from '../../server/src/audit/list.ts'
import { readLogSize } from '../../server/src/audit/tree-reader.ts'
import { runErase } from '../../server/src/cli/erase.ts'
import { runExport } from '../../server/src/cli/export.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { Refusal } from '../../server/src/errors.ts'
import { newId } from '../../server/src/ids.ts'
import { erasePersonalData } from '../../server/src/privacy/erase.ts'
import { placeHold, releaseHold } from '../../server/src/privacy/holds.ts'
import { retainOnce, startRetention } from '../../server/src/privacy/retain.ts'
import { asSuperuser } from '../support/database.ts'
import { type EraseRig, eve, newEraseRig, opened, rob } from './rig.ts'

let rig: EraseRig
const session = newId('session')
const why = 'The person asked for it'
const reason = `${eve.email} cannot sign in since Monday`

beforeEach(async () => {
  rig = await newEraseRig()
  const searches = await rig.record(
    opened(eve.id, eve.email, eve.tenant),
    opened('usr_max', 'max@globex.example', eve.tenant),
    opened('usr_ann', 'ann@initech.example', 'ten_initech'),
    { action: 'USER.SEARCHED', result: 'ok', actor: rob, details: { query: 'moreau', count: 1, user_ids: [eve.id] } },
    { action: 'USER.SEARCHED', result: 'error', actor: rob, details: { query: `Eve.Moreau@globex.example` } },
    { action: 'USER.SEARCHED', result: 'ok', actor: rob, details: { query: 'max', count: 1, user_ids: ['usr_max'] } },
  )
  const found = {
    action: 'USER.FOUND',
    result: 'ok',
    actor: rob,
    tenant_id: eve.tenant,
    target: { kind: 'tenant', id: eve.tenant },
  } as const
  await rig.record({ ...found, details: { search: searches[3] as string, count: 1, user_ids: [eve.id] } })
  const drafted = rig.journal.draft(
    {
      action: 'IMPERSONATE.STARTED',
      result: 'ok',
      actor: rob,
      tenant_id: eve.tenant,
      target: { kind: 'user', id: eve.id },
      session_id: session,
      reason,
      ticket: 'SUP-77',
      details: { scopes: ['a:read'], ttl_minutes: 5, expires_at: '2026-11-20T12:00:00.000Z', policy: 'x' },
    },
    session,
  )
  await rig.journal.write(rig.store.db, [drafted])
  // As the verb of actions leaves it behind; what it refers to is of no concern here.
  await asSuperuser(
    rig.superuserUrl,
    `set session_replication_role = replica;
     insert into action_requests (id, action, target_kind, target_id, target_label, tenant_id, reason, requester_id, sign_in_id, risk,
       requires, policy, approvals_needed, signed, digest, idempotency_key, created_at, expires_at, state)
     select 'act_' || state, 'reset_totp', 'user', '${eve.id}', '${eve.email}', '${eve.tenant}', 'Her moreau phone is gone', '${rob.id}', 'sts_1',
       'high', 'reason', 'x', 1, '{"label":"${eve.email}","by":"${rob.email}"}', sha256(state::bytea), state, now(), now() + interval '1 hour', state
     from unnest(array['done', 'rejected']) state;
     insert into action_decisions (request_id, requester_id, staff_id, decision, reason)
     values ('act_rejected', '${rob.id}', 'stf_other', 'rejected', 'moreau has to call herself')`,
  )
  await rig.record({
    action: 'SUPPORT_SESSION.REQUEST.REFUSED',
    result: 'error',
    actor: rob,
    tenant_id: eve.tenant,
    target: { kind: 'tenant', id: eve.tenant },
    session_id: newId('session'),
    request: { id: newId('request'), method: 'GET', path: `/v1/users?email=${encodeURIComponent(eve.email)}` },
  })
})
afterEach(() => rig.close())

const s = (text: string) => text.toLowerCase()
/** Every row of every table of the database as text, as pg_dump writes it, and what the planner remembers of its values. */
const dump = async (): Promise<string> => {
  const tables = await asSuperuser<{ name: string }>(
    rig.superuserUrl,
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'`,
  )
  const parts = ['pg_stats', ...tables.map(({ name }) => name)].map(async (name) => {
    const [row] = await asSuperuser<{ text: string | null }>(rig.superuserUrl, `select string_agg(t::text, E'\\n') as text from ${name} t`)
    return `${name}\n${row?.text ?? ''}`
  })
  return s((await Promise.all(parts)).join('\n'))
}
/** Whether a text stands anywhere in it, also within bytes. */
const holds = (dumped: string, text: string): boolean => dumped.includes(s(text)) || dumped.includes(Buffer.from(text).toString('hex'))
const expectHeld = async (...texts: string[]) => {
  const dumped = await dump()
  expect(texts.filter((text) => !holds(dumped, text))).toEqual([])
}
const expectGone = async (...texts: string[]) => {
  const dumped = await dump()
  expect(texts.filter((text) => holds(dumped, text))).toEqual([])
}
const erasures = async () =>
  (await listEvents(rig.store, { action: 'PERSONAL_DATA.ERASED' }, { limit: 50 })).items.toReversed() as EventOf<'PERSONAL_DATA.ERASED'>[]
const erase = (selector: Parameters<typeof erasePersonalData>[1]['selector']) => erasePersonalData(rig.ctx, { selector, reason: why })
const leaves = async () =>
  (await rig.store.db.selectFrom('log_entries').select('leaf_hash').orderBy('log_index').execute()).map(({ leaf_hash }) =>
    leaf_hash.toString('hex'),
  )

describe('M3 AU-18 erasing a user', () => {
  it('leaves the values in no table of the database, and every hash, proof and verification as it was', async () => {
    await rig.caughtUp()
    const said = [eve.email, 'moreau', 'since Monday', encodeURIComponent(eve.email)]
    await asSuperuser(rig.superuserUrl, 'analyze')
    await expectHeld(...said)
    const before = await leaves()
    expect((await rig.verify()).code).toBe(0)
    await erase({ user_id: eve.id })
    await expectGone(...said)
    await expectHeld('max@globex.example', 'ann@initech.example', rob.email)
    expect((await leaves()).slice(0, before.length)).toEqual(before)
    await rig.caughtUp()
    const { code, all } = await rig.verify()
    expect(code).toBe(0)
    expect(all).toMatch(/values {6}\d+ checked, 7 erased\n/)
    expect(all).not.toContain('missing')
    expect(await rig.record({ action: 'STAFF.ENABLED', result: 'ok', actor: rob, target: { kind: 'staff', id: rob.id } })).toHaveLength(1)
  })

  it('is on the record of each tenant that it touched, with who, why, what and how many, and never the values', async () => {
    await erase({ user_id: eve.id })
    await rig.caughtUp()
    const found = await erasures()
    expect(new Set(found.map(({ tenant_id }) => tenant_id))).toEqual(new Set([eve.tenant, undefined]))
    const counted: Record<string, number> = {}
    for (const { actor, reason: given, details, target } of found) {
      expect([actor, given, target, details?.selector]).toEqual([rig.ctx.principal, why, { kind: 'user', id: eve.id }, { user_id: eve.id }])
      expect(details?.through).toBeGreaterThanOrEqual(8)
      for (const [member, count] of Object.entries(details?.members ?? {})) counted[member] = (counted[member] ?? 0) + count
    }
    expect(counted).toEqual({
      'action_decisions.reason': 1,
      'action_requests.signed': 2,
      'details.query': 2,
      reason: 1,
      'request.path': 1,
      'target.label': 1,
      ticket: 2,
    })
    expect(JSON.stringify(found)).not.toMatch(/moreau/i)
  })

  it('X3 S16 shows the tenant what was erased, when and by whom, and nothing else is gone', async () => {
    await erase({ user_id: eve.id })
    await rig.caughtUp()
    const { items } = await listTenantEvents(rig.store, eve.tenant, { action: 'CONSOLE.OPENED' }, { limit: 10, proof: true })
    const [max, gone] = items
    expect(max).toMatchObject({ target: { label: 'max@globex.example' }, actor: { email: rob.email } })
    expect(max).not.toHaveProperty('erased')
    expect(gone).toMatchObject({
      target: { kind: 'user', id: eve.id },
      actor: { email: rob.email },
      erased: ['target.label', 'ticket'],
      erasure: { by: 'root', event_id: expect.stringMatching(/^evt_/), at: expect.stringMatching(/Z$/) },
    })
    expect(gone?.target).not.toHaveProperty('label')
  })

  it('holds in an export, which a stranger verifies without us', async () => {
    await erase({ user_id: eve.id })
    await rig.caughtUp()
    await expect.poll(async () => (await findCheckpoint(rig.store))?.size === (await readLogSize(rig.store))).toBe(true)
    const out = join(rig.dataDir, 'export')
    await runExport({ store: rig.store, journal: rig.journal, keys: rig.keys, out, operator: 'tester' })
    const lines: string[] = []
    expect(await runVerify({ source: { folder: out }, print: (line) => lines.push(line) })).toBe(0)
    expect(lines.join('\n')).toMatch(/7 erased\n(?: {4}entry \d+: \d+ erased by root at .*\n)+/)
    const stranger = execFileSync('python3', [new URL('./stranger.py', import.meta.url).pathname, out], { encoding: 'utf8' })
    expect(stranger).toBe('root ok, 7 values erased, 0 wrong\n')
  })

  it('does nothing more the second time, and the database itself lets nobody else delete', async () => {
    expect((await erase({ user_id: eve.id })).erased).toBeGreaterThan(0)
    expect((await erase({ user_id: eve.id })).erased).toBe(0)
  })

  it('does not take a reason that names the person: it would stay', async () => {
    const naming = erasePersonalData(rig.ctx, { selector: { user_id: eve.id }, reason: `On request of ${eve.email}` })
    await expect(naming).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('M3 erasing by another mark', () => {
  it('of a staff member: address and name, wherever they stand; the id stays', async () => {
    await expectHeld(rob.email)
    await erase({ staff_id: rob.id })
    await rig.caughtUp()
    await expectGone(rob.email)
    await expectGone('lindqvist')
    await expectHeld(eve.email)
    const [first] = (await listEvents(rig.store, { action: 'CONSOLE.OPENED' }, { limit: 1 })).items
    expect(first).toMatchObject({ actor: { id: rob.id }, erased: ['actor.email', 'actor.name'] })
    const { code, all } = await rig.verify()
    expect([code, all.includes('missing')]).toEqual([0, false])
  })

  it('of a staff member who ended the session of another: not what the other has in it', async () => {
    const ana = { ...rob, id: newId('staff'), subject: 'ana', email: 'ana@vendor.example', name: 'Ana Ferreira' }
    await rig.record({
      action: 'IMPERSONATE.REVOKED',
      result: 'ok',
      actor: ana,
      tenant_id: eve.tenant,
      target: { kind: 'user', id: eve.id },
      session_id: session,
      details: { revoked_by: 'staff' },
    })
    await erase({ staff_id: ana.id })
    await expectGone(ana.email, 'ferreira')
    await rig.caughtUp()
    const { items } = await listEvents(rig.store, { session_id: session }, { limit: 10 })
    expect(items.map(({ action, erased }) => [action, erased])).toEqual([
      ['IMPERSONATE.REVOKED', ['actor.email', 'actor.name']],
      ['IMPERSONATE.STARTED', undefined],
    ])
  })

  it('M3 A28 of a tenant: all that is said of its people, and the searches that found them; no words find it any more', async () => {
    const saying = async () => (await listEvents(rig.store, { text: 'Since Monday' }, { limit: 10 })).items.length
    await rig.caughtUp()
    expect(await saying()).toBeGreaterThan(0)
    await erase({ tenant_id: eve.tenant })
    expect(await saying()).toBe(0)
    await expectGone(eve.email, 'max@globex.example', '"moreau"', 'since monday')
    await expectHeld('ann@initech.example')
  })

  it('of searches before an instant: their texts alone', async () => {
    await erase({ searches_before: new Date(Date.now() + 60_000).toISOString() })
    await expectGone('"moreau"')
    await expectHeld(eve.email)
    await rig.caughtUp()
    expect((await erasures()).map(({ details }) => details?.members)).toEqual([{ 'details.query': 3 }])
  })

  it('A27 by age, as the configuration says; by default nothing ever', async () => {
    await rig.record({
      action: 'GATEWAY.REFUSED',
      result: 'error',
      actor: { kind: 'anonymous', id: 'anonymous' },
      details: { peer: '203.0.113.9' },
    })
    await rig.caughtUp()
    const base = { store: rig.store, journal: rig.journal, eraser: rig.eraser }
    const inDays = (days: number) => Date.now() + days * 86_400_000
    expect(await retainOnce(base, {}, undefined, inDays(10_000))).toBe(0)
    const kept = { searches_days: 90, addresses_days: 30 }
    expect(await retainOnce(base, kept, undefined, inDays(29))).toBe(0)
    expect(await retainOnce(base, kept, undefined, inDays(31))).toBe(1)
    await expectGone('203.0.113.9')
    await expectHeld('"moreau"')
    expect(await retainOnce(base, kept, undefined, inDays(91))).toBe(3)
    await rig.caughtUp()
    expect((await erasures()).map(({ actor }) => actor)).toEqual([
      { kind: 'system', id: 'retention' },
      { kind: 'system', id: 'retention' },
    ])
  })
})

it('A27 retention runs by itself where it is configured, by one process at a time', async () => {
  await rig.record({
    action: 'GATEWAY.REFUSED',
    result: 'error',
    actor: { kind: 'anonymous', id: 'anonymous' },
    details: { peer: '203.0.113.9' },
  })
  await rig.caughtUp()
  await asSuperuser(
    rig.superuserUrl,
    `update log_entries set occurred_at = occurred_at - interval '31 days' where action = 'GATEWAY.REFUSED'`,
  )
  const log = { info: () => {}, warn: () => {} }
  const base = { store: rig.store, journal: rig.journal, eraser: rig.eraser, retention: { addresses_days: 30 }, log }
  const loops = [startRetention(base), startRetention(base)]
  await expect.poll(async () => holds(await dump(), '203.0.113.9'), { timeout: 15_000 }).toBe(false)
  await Promise.all(loops.map((loop) => loop.stop()))
  await rig.caughtUp()
  expect((await erasures()).map(({ details }) => details?.members)).toEqual([{ 'details.peer': 1 }])
})

describe('M3 a legal hold', () => {
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing was refused',
      (error) => (error instanceof Refusal ? error.code : String(error)),
    )

  it('refuses an erasure that would touch its tenant, on the record of the tenant; released, it no longer does', async () => {
    await placeHold(rig.ctx, { tenant_id: eve.tenant, reason: 'A court has asked for it' })
    for (const selector of [{ user_id: eve.id }, { tenant_id: eve.tenant }, { staff_id: rob.id }])
      expect(await codeOf(erase(selector))).toBe('legal_hold')
    await rig.caughtUp()
    await expectHeld(eve.email)
    const events = (await listTenantEvents(rig.store, eve.tenant, {}, { limit: 4 })).items.map(({ action, result, code }) => [
      action,
      result,
      code,
    ])
    expect(events).toEqual([
      ['PERSONAL_DATA.ERASED', 'deny', 'legal_hold'],
      ['PERSONAL_DATA.ERASED', 'deny', 'legal_hold'],
      ['PERSONAL_DATA.ERASED', 'deny', 'legal_hold'],
      ['LEGAL_HOLD.PLACED', 'ok', undefined],
    ])
    await releaseHold(rig.ctx, { tenant_id: eve.tenant, reason: 'The court has decided' })
    expect((await erase({ user_id: eve.id })).erased).toBeGreaterThan(0)
  })

  it('holds against the eraser’s login itself', async () => {
    await placeHold(rig.ctx, { tenant_id: eve.tenant, reason: 'A court has asked for it' })
    const { rows } = await rig.eraser.pool.query<{ tenant_id: string | null }>('delete from disclosures returning tenant_id')
    expect(new Set(rows.map(({ tenant_id }) => tenant_id))).toEqual(new Set(['ten_initech', null]))
  })
})

describe('M3 countersign erase', () => {
  const run = async (options: object) => {
    const lines: string[] = []
    const code = await runErase(rig.ctx, { why, yes: true, ...options }, (line) => lines.push(line)).catch((error: Error) => error.message)
    return { code, all: lines.join('\n') }
  }

  it('shows first what it will erase: how many values of which member of which event', async () => {
    const { code, all } = await run({ user: eve.id })
    expect(code).toBe(0)
    expect(all).toMatch(/CONSOLE\.OPENED +target\.label +1 +\d{4}-/)
    expect(all).toMatch(/USER\.SEARCHED +details\.query +2 +/)
    expect(all).toContain('Erased 7 values')
  })

  it('erases nothing where nobody is there to say yes, or it was not said what', async () => {
    expect((await run({ user: eve.id, yes: false })).code).toBe('There is no terminal to ask for confirmation.')
    expect((await run({})).code).toContain('Say what to erase')
    expect((await run({ user: eve.id, tenant: eve.tenant })).code).toContain('Say what to erase')
    await expectHeld(eve.email)
  })
})
