import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLong, share } from '../support/long.ts'
import { type ActionRig, type Person, startActionRig, startReplica } from './rig.ts'

const rounds = share(100)
const calls = isLong ? 200 : 40

let rig: ActionRig
let replica: Awaited<ReturnType<typeof startReplica>>
let rob: Person
let mgr: Person
let tenant: string
beforeAll(async () => {
  rig = await startActionRig({
    config: `
approvals: { auto_execute: false }
actions:
  impersonate: { requires: [reason, approval] }
`,
  })
  replica = await startReplica(rig)
  tenant = await rig.knownTenant()
  rob = await rig.person('support_admin')
  mgr = await rig.person('support_manager')
})
afterAll(async () => {
  await replica.close()
  await rig.close()
})

/** The same call so many times at once, to both instances in turn; how often each answer came. */
const race = async (by: Person, path: string, bodies: (n: number) => unknown = () => ({}), key?: string) => {
  const others = replica.via(by)
  const answers = await Promise.all(
    Array.from({ length: calls }, (_, n) =>
      rig.send(n % 2 ? by : others, path, bodies(n), key === undefined ? {} : { 'idempotency-key': key }),
    ),
  )
  const seen: Record<string, number> = {}
  for (const { status, body } of answers) {
    const word = status < 300 ? String(status) : `${status} ${body.code}`
    seen[word] = (seen[word] ?? 0) + 1
  }
  return { answers, seen }
}

/** One got it; the others are told why not, or that so many cannot be served at once. */
const requireOne = (word: string, seen: Record<string, number>) => {
  expect(seen[word]).toBe(1)
  expect([word, '409 conflict', '503 store_unavailable']).toEqual(expect.arrayContaining(Object.keys(seen)))
}

const approved = async (target: string): Promise<string> => {
  const { body } = await rig.act(rob, 'suspend_account', target, { ask_approval: true })
  expect((await rig.approve(mgr, body.id)).body.state).toBe('approved')
  return body.id
}
const effectsOf = (id: string) => rig.effects().filter((effect) => effect.id === id).length
const eventsOf = async (id: string) =>
  (await rig.events())
    .filter(({ details }) => (details as { request_id?: string } | undefined)?.request_id === id)
    .map(({ action }) => action)

describe(`of ${calls} at once, on two instances of the program`, { timeout: 600_000 }, () => {
  it(`GA-8 A41 one executes an approved request, and it has one effect at the product, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round++) {
      const id = await approved('usr_0001')
      const { seen } = await race(rob, `/api/actions/${id}/execution`)
      requireOne('200', seen)
      expect(effectsOf(id)).toBe(1)
      expect(await eventsOf(id)).toEqual(['ACCOUNT.SUSPEND.REQUESTED', 'ACCOUNT.SUSPEND.APPROVED', 'ACTION.STARTED', 'ACCOUNT.SUSPENDED'])
    }
  })

  it(`GA-8 A41 one claims an approved session and gets its token, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round++) {
      const asked = await rob.send('POST', '/api/sessions', {
        tenant_id: tenant,
        target_user_id: 'usr_0001',
        reason: 'The user asked us on the phone',
        ask_approval: true,
      })
      expect(asked.status).toBe(202)
      const request = (await asked.json()) as { id: string }
      await rig.approve(mgr, request.id)
      const { seen, answers } = await race(rob, '/api/sessions', () => ({ request_id: request.id }))
      requireOne('201', seen)
      expect(answers.filter(({ body }) => 'token' in body)).toHaveLength(1)
      expect((await eventsOf(request.id)).filter((action) => action === 'IMPERSONATE.STARTED')).toHaveLength(1)
    }
  })

  it(`CR-1 under one Idempotency-Key all hear of the same one, and it has one effect, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round++) {
      const before = rig.effects().length
      const attempt = { action: 'revoke_sessions', target: { kind: 'user', id: 'usr_0002' }, reason: 'The user asked us on the phone' }
      const { answers } = await race(rob, '/api/actions', () => attempt, `race-of-keys-${round}`)
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
      expect(rig.effects()).toHaveLength(before + 1)
    }
  })

  it('GA-13 no more than 20 requests wait of one person', async () => {
    const val = await rig.person('support_admin')
    const others = replica.via(val)
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => rig.act(n % 2 ? val : others, 'suspend_account', 'usr_0003', { ask_approval: true })),
    )
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(20)
    expect(answers.filter(({ body }) => body.code === 'too_many_requests')).toHaveLength(20)
  })
})
