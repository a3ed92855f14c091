import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionRig, type Person, type Problem, reason, startActionRig } from './rig.ts'

let rig: ActionRig
let rob: Person
let mgr: Person
const [user, other] = ['usr_0001', 'usr_0002']

beforeAll(async () => {
  rig = await startActionRig()
  await rig.knownTenant()
  rob = await rig.person('support_admin')
  mgr = await rig.person('support_manager')
})
afterAll(() => rig.close())

const effectsOn = (id: string) => rig.effects().filter(({ target }) => target === id).length

describe('an action whose gates are met', () => {
  it('X8 A20 A35 CR-1 has its intent on the record before it is done, and one outcome after it', async () => {
    const before = effectsOn(user)
    const { status, body } = await rig.act(rob, 'revoke_sessions', user)
    expect([status, body.state, body.risk, body.requires]).toEqual([201, 'done', 'low', 'reason'])
    expect(effectsOn(user)).toBe(before + 1)
    const events = await rig.events({ actor_id: rob.staff_id })
    const mine = events.filter(({ details }) => (details as { request_id?: string } | undefined)?.request_id === body.id)
    expect(mine.map(({ action, result }) => [action, result])).toEqual([
      ['ACTION.STARTED', 'ok'],
      ['SESSION.REVOKED', 'ok'],
    ])
    expect(mine[1]).toMatchObject({
      category: 'action',
      target: { kind: 'user', id: user },
      reason,
      details: { count: body.outcome?.count },
    })
  })

  it('CR-1 under the same Idempotency-Key is done once, and another call with that key is refused', async () => {
    const before = effectsOn(user)
    const first = await rig.act(rob, 'send_magic_link', user, {}, 'the-same-key')
    const again = await rig.act(rob, 'send_magic_link', user, {}, 'the-same-key')
    expect(again.body.id).toBe(first.body.id)
    expect(effectsOn(user)).toBe(before + 1)
    expect((await rig.act(rob, 'send_magic_link', other, {}, 'the-same-key')).body.code).toBe('idempotency_conflict')
  })
})

describe('an action on what there is not', () => {
  it.each([
    ['suspend_account', 'ACCOUNT.SUSPEND', 'user', 'usr_mistyped'],
    ['reset_passkey', 'PASSKEY.RESET', 'user', 'usr_mistyped'],
    ['force_logout', 'TENANT.SESSIONS.REVOKED', 'tenant', 'ten_mistyped'],
  ])('A26 A39 %s is an error on the record and no denial: nobody was kept from anything', async (action, name, kind, id) => {
    const { status, body } = await rig.act(rob, action, id, { ticket: 'SUP-1' })
    expect([status, body.code]).toEqual([404, 'not_found'])
    const event = (await rig.events({ actor_id: rob.staff_id })).at(-1)
    expect(event).toMatchObject({ action: name, result: 'error', code: 'not_found', target: { kind, id }, reason, details: { action } })
    expect(event).not.toHaveProperty('tenant_id')
  })
})

describe('an action with a gate unmet', () => {
  it.each([
    ['A19 ticket', 'reset_passkey', {}, 'ticket missing'],
    ['A19 both', 'reset_passkey', { reason: '' }, 'ticket missing, reason missing'],
    ['A23 approval', 'suspend_account', {}, 'manager missing'],
  ])('X7 A26 A39 is refused, has no effect, and is on the record with the gate: %s', async (_, action, more, note) => {
    const before = rig.effects().length
    const { status, body } = await rig.act(rob, action, user, more)
    expect([status, body.code, body.detail]).toEqual([403, 'gates_unmet', note])
    expect(rig.effects()).toHaveLength(before)
    const denied = (await rig.events({ actor_id: rob.staff_id })).at(-1)
    expect(denied).toMatchObject({ result: 'deny', code: 'gates_unmet', note, target: { kind: 'user', id: user } })
    expect(denied?.tenant_id).toBeDefined()
  })

  it('X5 A9 names the role as a gate of its own', async () => {
    const auditor = await rig.visitorWith(['auditor'])
    const { body } = await rig.act(auditor, 'revoke_sessions', user)
    expect(body.unmet).toEqual([{ gate: 'role', note: 'role missing' }])
  })
})

describe('a request that waits for a second person', () => {
  const ask = async (target = user) => {
    const { status, body } = await rig.act(rob, 'suspend_account', target, { ask_approval: true })
    expect([status, body.state]).toEqual([202, 'pending'])
    return body.id
  }

  it('X12 A40 P7 is carried out once a manager has signed exactly it, under the manager’s name', async () => {
    const before = effectsOn(user)
    const id = await ask()
    expect(effectsOn(user)).toBe(before)
    const { status, body } = await rig.approve(mgr, id)
    expect([status, body.state, body.approvals[0]?.by.id]).toEqual([200, 'done', mgr.staff_id])
    expect(effectsOn(user)).toBe(before + 1)
    const events = (await rig.events()).filter(({ details }) => (details as { request_id?: string } | undefined)?.request_id === id)
    expect(events.map(({ action, actor }) => [action, actor.id])).toEqual([
      ['ACCOUNT.SUSPEND.REQUESTED', rob.staff_id],
      ['ACCOUNT.SUSPEND.APPROVED', mgr.staff_id],
      ['ACTION.STARTED', rob.staff_id],
      ['ACCOUNT.SUSPENDED', rob.staff_id],
    ])
  })

  it('A41 X12 serves nobody else, and not a second time', async () => {
    const id = await ask(other)
    await rig.approve(mgr, id)
    const again = await rig.act(rob, 'suspend_account', other)
    expect(again.body.detail).toBe('manager missing')
    const val = await rig.person('support_admin')
    expect((await rig.act(val, 'suspend_account', other)).body.detail).toBe('manager missing')
    expect((await rig.approve(mgr, id)).body.code).toBe('conflict')
    expect((await rig.send(val, `/api/actions/${id}/execution`)).body.code).toBe('not_found')
  })

  it('GA-3 AZ-4 is not approved by whoever asked, with any role, by the page or by SQL', async () => {
    const boss = await rig.person('super_admin')
    const { body } = await rig.act(boss, 'suspend_account', other, { ask_approval: true })
    const refused = await rig.approve(boss, body.id)
    expect([refused.status, refused.body.detail]).toEqual([403, 'own request'])
    expect((await rig.events({ actor_id: boss.staff_id })).at(-1)).toMatchObject({
      action: 'ACCOUNT.SUSPEND.APPROVED',
      result: 'deny',
      note: 'own request',
    })
    await expect(
      rig.asSuperuser(
        `insert into action_decisions (request_id, requester_id, staff_id, decision) values ('${body.id}', '${boss.staff_id}', '${boss.staff_id}', 'approved')`,
      ),
    ).rejects.toThrow(/check constraint/)
    await expect(
      rig.asSuperuser(
        `insert into action_decisions (request_id, requester_id, staff_id, decision) values ('${body.id}', '${mgr.staff_id}', '${boss.staff_id}', 'approved')`,
      ),
    ).rejects.toThrow(/foreign key/)
  })

  it('GA-7 GA-10 WA-6 takes no signature over anything else', async () => {
    const [one, two] = [await ask(), await ask()]
    const forOne = mgr.key.sign(await rig.options(mgr, `/api/actions/${one}/approval/options`))
    const refused = await rig.send(mgr, `/api/actions/${two}/approval`, { response: forOne })
    expect(refused.body.code).toBe('passkey_refused')
    expect((await rig.send(mgr, `/api/actions/${two}/approval`, {})).body.code).toBe('passkey_missing')
    expect((await rig.send(mgr, `/api/actions/${one}/approval`, { response: forOne })).body.state).toBe('done')
    expect((await rig.send(mgr, `/api/actions/${one}/approval`, { response: forOne })).body.code).toBe('conflict')
  })

  it('GA-9 is over at its expiry by the database’s clock, with or without anybody having noted it', async () => {
    const id = await ask()
    await rig.asSuperuser(
      `update action_requests set created_at = created_at - interval '5 hours', expires_at = clock_timestamp() where id = '${id}'`,
    )
    const { status, body } = await rig.approve(mgr, id)
    expect([status, body.code]).toEqual([410, 'request_expired'])
  })

  it('is rejected with a reason that its requester sees', async () => {
    const id = await ask()
    expect((await rig.send(mgr, `/api/actions/${id}/rejection`, { reason: 'no' })).body.code).toBe('reason_too_short')
    expect((await rig.send(mgr, `/api/actions/${id}/rejection`, { reason: 'a b c '.repeat(400) })).body.code).toBe('reason_too_long')
    const { body } = await rig.send(mgr, `/api/actions/${id}/rejection`, { reason: 'Not without their own admin' })
    expect([body.state, body.rejection?.reason]).toEqual(['rejected', 'Not without their own admin'])
    expect((await rig.approve(mgr, id)).body.code).toBe('conflict')
  })

  it('is taken back by its requester alone', async () => {
    const id = await ask()
    expect((await rig.send(mgr, `/api/actions/${id}/cancellation`)).body.code).toBe('not_found')
    expect((await rig.send(rob, `/api/actions/${id}/cancellation`)).body.state).toBe('cancelled')
  })
})

describe('an approver without the console', () => {
  it('X5 opens the pane of the user whom a request is about, and of nobody else, and reads the audit', async () => {
    const { body } = await rig.act(rob, 'suspend_account', user, { ask_approval: true })
    expect((await mgr.get(`/api/users/${user}?ticket=SUP-1`)).status).toBe(200)
    const refused = await mgr.get('/api/users/usr_0003')
    expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([404, 'not_found'])
    expect((await rig.events({ actor_id: mgr.staff_id })).at(-1)).toMatchObject({
      action: 'CONSOLE.OPENED',
      result: 'deny',
      code: 'not_found',
      note: 'no request is about this user',
      target: { kind: 'user', id: 'usr_0003' },
    })
    expect((await mgr.get('/api/audit')).status).toBe(200)
    const opened = await rig.send(mgr, '/api/sessions', { tenant_id: await rig.knownTenant(), reason })
    expect([opened.status, opened.body.code]).toEqual([403, 'role_missing'])
    expect((await rig.send(rob, `/api/actions/${body.id}/cancellation`)).body.state).toBe('cancelled')
  })
})

describe('what was approved and does not hold any more', () => {
  const approvedOn = async (change: (id: string, by: Person) => Promise<unknown>) => {
    const by = await rig.person('support_admin')
    const { body } = await rig.act(by, 'suspend_account', user, { ask_approval: true })
    await change(body.id, by)
    const before = rig.effects().length
    const approved = await rig.approve(mgr, body.id)
    expect(rig.effects()).toHaveLength(before)
    return approved.body
  }

  it.each([
    [
      'GA-5 the requester lost the role',
      (_: string, by: Person) => rig.asSuperuser(`update staff set roles = '{auditor}' where id = '${by.staff_id}'`),
      /role missing/,
    ],
    [
      'the requester is disabled',
      (_: string, by: Person) => rig.asSuperuser(`update staff set disabled_at = now() where id = '${by.staff_id}'`),
      /disabled/,
    ],
    [
      'GA-17 the policy changed',
      (id: string) => rig.asSuperuser(`update action_requests set policy = 'another' where id = '${id}'`),
      /policy has changed/,
    ],
    [
      'the target is of another tenant',
      (id: string) => rig.asSuperuser(`update action_requests set tenant_id = 'elsewhere' where id = '${id}'`),
      /another tenant/,
    ],
  ])('is void and has no effect: %s', async (_, change, why) => {
    const { state, outcome } = await approvedOn(change)
    expect(state).toBe('void')
    expect(outcome?.note).toMatch(why)
  })
})
