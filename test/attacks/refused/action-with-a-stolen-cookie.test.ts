import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionRig, type Person, reason, startActionRig } from '../../actions/rig.ts'

const user = 'usr_0001'

let rig: ActionRig
let tenant: string
beforeAll(async () => {
  rig = await startActionRig({ config: '\npolicy: { step_up: true }\nactions:\n  open_session: { requires: [reason, approval] }\n' })
  tenant = await rig.knownTenant()
})
afterAll(() => rig.close())

const stepUp = async (by: Person) =>
  rig.send(by, '/api/me/step-up', { response: by.key.sign(await rig.options(by, '/api/me/step-up/options')) })
const attempt = (action: string, more = {}) => ({ action, target: { kind: 'user', id: user }, reason, ...more })
/** Signs one very attempt with a key, or with the key of somebody else. */
const bound = async (by: Person, input: object, key = by.key) => key.sign(await rig.options(by, '/api/actions/step-up/options', input))
const unmet = ({ body }: Awaited<ReturnType<ActionRig['act']>>) => body.unmet?.map(({ note }) => note)

describe('P21 whoever has the cookie and not the key', () => {
  it.each([
    ['low', 'revoke_sessions', {}, 'step-up missing'],
    ['med', 'reset_passkey', { ticket: 'SUP-1' }, 'step-up missing'],
    ['high', 'suspend_account', { ask_approval: true }, 'step-up for this very act missing'],
  ])('does nothing of risk %s, on the record', async (_, action, more, note) => {
    const rob = await rig.person('support_admin')
    const before = rig.effects().length
    const answer = await rig.act(rob, action, user, more)
    expect([answer.status, answer.body.code, unmet(answer)?.at(-1)]).toEqual([403, 'gates_unmet', note])
    expect((await rig.events({ actor_id: rob.staff_id })).at(-1)).toMatchObject({ result: 'deny', code: 'gates_unmet' })
    expect(rig.effects()).toHaveLength(before)
  })

  it('opens no session, on a user or a tenant', async () => {
    const rob = await rig.person('support_admin')
    for (const more of [{}, { target_user_id: user }]) {
      const { status, body } = await rig.send(rob, '/api/sessions', { tenant_id: tenant, reason, ...more })
      expect([status, body.code, body.unmet?.some(({ gate }) => gate === 'step_up')]).toEqual([403, 'gates_unmet', true])
    }
  })

  it('does not claim a session that was asked for and approved: it is given out to who vouches for it now', async () => {
    const [rob, mgr] = [await rig.person('support_admin'), await rig.person('support_manager')]
    await stepUp(rob)
    const asked = await rig.send(rob, '/api/sessions', { tenant_id: tenant, reason, ask_approval: true })
    expect(asked.status).toBe(202)
    expect((await rig.approve(mgr, asked.body.id)).body.state).toBe('approved')
    await rig.asSuperuser(
      `update staff_sessions set stepped_up_at = clock_timestamp() - interval '301 seconds' where staff_id = '${rob.staff_id}'`,
    )
    const claim = { request_id: asked.body.id }
    expect(unmet(await rig.send(rob, '/api/sessions', claim))).toEqual(['step-up missing'])
    await stepUp(rob)
    expect((await rig.send(rob, '/api/sessions', claim)).status).toBe(201)
  })

  it('adds no key of their own', async () => {
    const rob = await rig.person('support_admin')
    const { body } = await rig.send(rob, '/api/me/passkeys/options')
    expect(body.code).toBe('passkey_not_fresh')
  })

  it('does not sign with a key of somebody else', async () => {
    const [rob, thief] = [await rig.person('support_admin'), await rig.person('support_admin')]
    const step_up = await bound(rob, attempt('revoke_sessions'), thief.key)
    expect((await rig.act(rob, 'revoke_sessions', user, { step_up })).body.code).toBe('passkey_refused')
  })
})

describe('P21 a signature of the last five minutes', () => {
  it('serves low and medium risk, and not a high one', async () => {
    const rob = await rig.person('support_admin')
    await stepUp(rob)
    expect((await rig.act(rob, 'revoke_sessions', user)).body.state).toBe('done')
    expect((await rig.act(rob, 'reset_passkey', user, { ticket: 'SUP-1' })).body.state).toBe('done')
    expect(unmet(await rig.act(rob, 'suspend_account', user, { ask_approval: true }))).toEqual([
      'manager missing',
      'step-up for this very act missing',
    ])
  })

  it('serves no longer', async () => {
    const rob = await rig.person('support_admin')
    await stepUp(rob)
    await rig.asSuperuser(
      `update staff_sessions set stepped_up_at = clock_timestamp() - interval '301 seconds' where staff_id = '${rob.staff_id}'`,
    )
    expect(unmet(await rig.act(rob, 'revoke_sessions', user))).toEqual(['step-up missing'])
  })
})

describe('P21 a signature that is bound to one attempt', () => {
  it('serves that attempt, once', async () => {
    const rob = await rig.person('support_admin')
    const step_up = await bound(rob, attempt('suspend_account'))
    expect((await rig.act(rob, 'suspend_account', user, { step_up, ask_approval: true })).body.state).toBe('pending')
    const again = await rig.act(rob, 'suspend_account', user, { step_up, ask_approval: true })
    expect([again.status, again.body.code]).toEqual([403, 'passkey_refused'])
  })

  it.each([
    ['another user', 'suspend_account', 'usr_0002', {}],
    ['another reason', 'suspend_account', user, { reason: `${reason}.` }],
    ['a ticket more', 'suspend_account', user, { ticket: 'SUP-1' }],
    ['another action', 'revoke_sessions', user, {}],
  ])('does not serve %s', async (_, action, target, more) => {
    const rob = await rig.person('support_admin')
    const step_up = await bound(rob, attempt('suspend_account'))
    const { body } = await rig.act(rob, action, target, { ...more, step_up, ask_approval: true })
    expect(body.code).toBe('passkey_refused')
    expect((await rig.events({ actor_id: rob.staff_id })).at(-1)).toMatchObject({ result: 'deny', code: 'passkey_refused' })
  })

  it('does not serve another sign-in of the same person', async () => {
    const [rob, val] = [await rig.person('support_admin'), await rig.person('support_admin')]
    const step_up = await bound(rob, attempt('revoke_sessions'))
    expect((await rig.act(val, 'revoke_sessions', user, { step_up })).body.code).toBe('passkey_refused')
  })

  it('is not a signature of the last five minutes for anything else', async () => {
    const rob = await rig.person('support_admin')
    const step_up = await bound(rob, attempt('revoke_sessions'))
    expect((await rig.act(rob, 'revoke_sessions', user, { step_up })).body.state).toBe('done')
    expect(unmet(await rig.act(rob, 'revoke_sessions', user))).toEqual(['step-up missing'])
  })
})
