import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionRig, type Person, startActionRig } from '../../actions/rig.ts'
import { runCommand } from '../../support/program.ts'

const user = 'usr_0001'

let rig: ActionRig
let rob: Person
let mgr: Person
beforeAll(async () => {
  rig = await startActionRig({
    config: `
approvals: { auto_execute: false }
actions:
  reset_totp: { requires: [reason, approval], approvals: 2 }
`,
  })
  await rig.knownTenant()
  rob = await rig.person('support_admin')
  mgr = await rig.person('support_manager')
})
afterAll(() => rig.close())

const ask = async (action = 'suspend_account', by = rob) => {
  const { body } = await rig.act(by, action, user, { ask_approval: true })
  expect(body.state).toBe('pending')
  return body.id
}
const approved = async (by = rob, approver = mgr) => {
  const id = await ask('suspend_account', by)
  expect((await rig.approve(approver, id)).body.state).toBe('approved')
  return id
}
const execute = async (id: string, by = rob) => (await rig.send(by, `/api/actions/${id}/execution`)).body
const effectsOf = (id: string) => rig.effects().filter((effect) => effect.id === id)
const change = (id: string, set: string) => rig.asSuperuser(`update action_requests set ${set} where id = '${id}'`)

describe('an approval', () => {
  it('GA-8 that is replayed, with its request or alone, is refused as used', async () => {
    const id = await ask()
    const response = mgr.key.sign(await rig.options(mgr, `/api/actions/${id}/approval/options`))
    expect((await rig.send(mgr, `/api/actions/${id}/approval`, { response })).body.state).toBe('approved')
    expect((await rig.send(mgr, `/api/actions/${id}/approval`, { response })).body.code).toBe('conflict')
    expect((await execute(id)).state).toBe('done')
    expect(await execute(id)).toMatchObject({ code: 'conflict', detail: 'The request is done.' })
    expect((await rig.send(mgr, `/api/actions/${id}/approval`, { response })).body.code).toBe('conflict')
    expect(effectsOf(id)).toHaveLength(1)
  })

  it('GA-9 that is stale is refused as expired, before it was approved and after', async () => {
    const set = `created_at = created_at - interval '5 hours', expires_at = clock_timestamp()`
    const pending = await ask()
    await change(pending, set)
    expect((await rig.approve(mgr, pending)).body.code).toBe('request_expired')
    const late = await approved()
    await change(late, set)
    expect((await execute(late)).code).toBe('request_expired')
    expect([...effectsOf(pending), ...effectsOf(late)]).toEqual([])
  })

  it.each([
    ['aimed at another user', `target_id = 'usr_0002'`],
    ['made another action', `action = 'reset_passkey'`],
    ['given another parameter', `parameters = '{"session_id":"sess_1"}'`],
    ['given another reason, by one letter', `reason = 'The user asked us on the phonE'`],
    ['given a ticket', `ticket = 'SUP-1'`],
    ['given other bytes to have been signed', `signed = replace(signed, 'phone', 'phonE')`],
    ['given another digest', `digest = sha256('another')`],
  ])('GA-7 whose request was %s afterwards is void, and says so', async (_, set) => {
    const id = await approved()
    await change(id, set)
    expect(await execute(id)).toMatchObject({ code: 'approval_void', detail: 'It is not what its approvers signed.' })
    expect(effectsOf(id)).toEqual([])
    expect((await execute(id)).detail).toBe('The request is void.')
  })

  it('GA-7 GA-10 with one byte changed is refused, in each part of the signature', async () => {
    const id = await ask()
    for (const part of ['clientDataJSON', 'authenticatorData', 'signature'] as const) {
      const { response, ...rest } = mgr.key.sign(await rig.options(mgr, `/api/actions/${id}/approval/options`))
      const bytes = Buffer.from(response[part], 'base64url')
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
      const changed = { ...rest, response: { ...response, [part]: bytes.toString('base64url') } }
      expect((await rig.send(mgr, `/api/actions/${id}/approval`, { response: changed })).body.code).toBe('passkey_refused')
      const denied = (await rig.events({ actor_id: mgr.staff_id })).at(-1)
      expect(denied).toMatchObject({ action: 'ACCOUNT.SUSPEND.APPROVED', result: 'deny', code: 'passkey_refused' })
    }
    expect((await rig.approve(mgr, id)).body.state).toBe('approved')
  })

  it.each([
    ['GA-5 whose approver lost the role', (by: Person) => `update staff set roles = '{auditor}' where id = '${by.staff_id}'`],
    ['whose approver was disabled', (by: Person) => `update staff set disabled_at = now() where id = '${by.staff_id}'`],
  ])('%s is void for want of a manager', async (_, lose) => {
    const other = await rig.person('support_manager')
    const id = await approved(rob, other)
    await rig.asSuperuser(lose(other))
    expect(await execute(id)).toMatchObject({ code: 'approval_void', detail: 'It does not hold any more: manager missing.' })
    expect(effectsOf(id)).toEqual([])
  })

  it('GA-14 whose key was removed afterwards is void for want of a manager', async () => {
    const other = await rig.person('support_manager')
    const id = await approved(rob, other)
    expect((await rig.send(other, `/api/passkeys/${other.passkey_id}/removal`)).status).toBe(204)
    expect((await execute(id)).detail).toBe('It does not hold any more: manager missing.')
    expect(effectsOf(id)).toEqual([])
  })

  it('GA-14 whose key was removed before the second one does not count with it', async () => {
    const [first, second, third] = [
      await rig.person('support_manager'),
      await rig.person('support_manager'),
      await rig.person('super_admin'),
    ]
    const id = await ask('reset_totp')
    expect((await rig.approve(first, id)).body.state).toBe('pending')
    expect((await rig.approve(first, id)).body.code).toBe('conflict')
    await rig.send(first, `/api/passkeys/${first.passkey_id}/removal`)
    expect((await rig.approve(second, id)).body.state).toBe('pending')
    expect((await execute(id)).code).toBe('conflict')
    expect((await rig.approve(third, id)).body.state).toBe('approved')
    expect((await execute(id)).state).toBe('done')
    expect(effectsOf(id)).toHaveLength(1)
  })

  it('A41 serves nobody else, and no other request of the same person', async () => {
    const id = await approved()
    const val = await rig.person('support_admin')
    expect((await execute(id, val)).code).toBe('not_found')
    expect((await rig.act(val, 'suspend_account', user)).body.detail).toBe('manager missing')
    const second = await ask()
    expect(await execute(second)).toMatchObject({ code: 'conflict', detail: 'The request is pending.' })
    expect([...effectsOf(id), ...effectsOf(second)]).toEqual([])
  })
})

describe('a request of one’s own', () => {
  it('GA-3 AZ-4 is not approved through the API, even in the name of two roles', async () => {
    const boss = await rig.person('support_admin', 'support_manager', 'super_admin')
    const id = await ask('suspend_account', boss)
    const { status, body } = await rig.approve(boss, id)
    expect([status, body.code, body.detail]).toEqual([403, 'gates_unmet', 'own request'])
    expect((await rig.events({ actor_id: boss.staff_id })).at(-1)).toMatchObject({ result: 'deny', note: 'own request' })
    expect((await execute(id, boss)).code).toBe('conflict')
  })

  it('GA-3 is not approved by SQL: neither by the program’s role nor by the server’s superuser', async () => {
    const id = await ask()
    const insert = `insert into action_decisions (request_id, requester_id, staff_id, decision) values ('${id}', '${rob.staff_id}', '${rob.staff_id}', 'approved')`
    await expect(rig.database.store.pool.query(insert)).rejects.toThrow(/check constraint/)
    await expect(rig.asSuperuser(insert)).rejects.toThrow(/check constraint/)
    await change(id, `state = 'approved'`)
    expect(await execute(id)).toMatchObject({ code: 'approval_void', detail: 'It does not hold any more: manager missing.' })
    expect(effectsOf(id)).toEqual([])
  })

  it('GA-3 is not approved by the command line, which has no such command', async () => {
    const { stdout } = await runCommand(['--help'])
    expect(stdout).toContain('policy')
    expect(stdout).not.toMatch(/approv/i)
    expect((await runCommand(['approve', 'act_1'])).code).not.toBe(0)
  })
})
