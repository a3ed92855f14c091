import type { ActionTable } from '@countersign/contract/action-requests.ts'
import { type ActionName, actionNames, actions, type Explanation, extensions, type UnmetGate } from '@countersign/contract/actions.ts'
import { consoleRoles, type Role } from '@countersign/contract/staff.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionRig, type Person, reason, startActionRig } from './rig.ts'

type Given = { reason?: string; ticket?: string }
const subsets: Given[] = [{}, { reason }, { ticket: 'SUP-4831' }, { reason, ticket: 'SUP-4831' }]
const roles: Role[] = ['support_admin', 'super_admin', 'support_manager']
// What extends a session is asked for at the session, and tried there (test/sessions/extend.test.ts).
const tried = actionNames.filter((action) => !Object.hasOwn(extensions, action))
const isSession = (action: ActionName) => action === 'impersonate' || action === 'open_session'

const policies = {
  default: '',
  strict: '\npolicy: { preset: strict }\n',
  'of one’s own': `
policy: { step_up: true }
actions:
  send_magic_link: { requires: [reason, ticket, approval], approvals: 2 }
  force_logout: { off: true }
  revoke_session: { requires: [] }
`,
}

describe.each(Object.entries(policies))('M1 A24 A26 under the policy %s, over HTTP', (_, config) => {
  let rig: ActionRig
  let tenant: string
  const people = new Map<Role, Pick<Person, 'send' | 'get' | 'staff_id'>>()
  beforeAll(async () => {
    rig = await startActionRig({ config })
    tenant = await rig.knownTenant()
    for (const role of roles) people.set(role, await rig.visitorWith([role]))
  })
  afterAll(() => rig.close())

  const targetOf = (action: ActionName) => {
    const { target: kind } = actions[action]
    return { kind, id: kind === 'user' ? 'usr_0001' : tenant }
  }
  const parametersOf = (action: ActionName) => (action === 'revoke_session' ? { session_id: 'sess_1' } : {})
  const unmetOf = ({ requirements }: Pick<Explanation, 'requirements'>): UnmetGate[] =>
    requirements.filter(({ met }) => !met).map(({ gate, note }) => ({ gate, note }))

  const attempt = (by: Pick<Person, 'send'>, action: ActionName, given: Given) =>
    isSession(action)
      ? rig.send(by, '/api/sessions', { tenant_id: tenant, ...(action === 'impersonate' ? { target_user_id: 'usr_0001' } : {}), ...given })
      : rig.act(by, action, targetOf(action).id, { reason: undefined, parameters: parametersOf(action), ...given })

  it.each(roles.flatMap((role) => tried.map((action) => [role, action] as const)))(
    '%s and %s: cell, gate list, refusal and note are one',
    async (role, action) => {
      // A session's door is closed to those roles before any gate.
      if (isSession(action) && !consoleRoles.some((allowed) => allowed === role)) return
      const by = people.get(role) as Pick<Person, 'send' | 'get' | 'staff_id'>
      const target = targetOf(action)
      const asked = { action, target, parameters: parametersOf(action) }
      const nothing = (await rig.send(by, '/api/actions/explain', asked)).body as unknown as Explanation
      const table = (await (await by.get(`/api/actions/catalogue?kind=${target.kind}&id=${target.id}`)).json()) as ActionTable
      const row = table.items.find((item) => item.action === action)
      expect([row?.requires, row?.risk, row?.requirements]).toEqual([nothing.requires, nothing.risk, nothing.requirements])

      for (const given of subsets) {
        const left = unmetOf(nothing).filter(({ gate }) => !(gate in given))
        const explained = (await rig.send(by, '/api/actions/explain', { ...asked, ...given })).body as unknown as Explanation
        expect([unmetOf(explained), explained.allowed]).toEqual([left, left.length === 0])
        const before = rig.effects().length
        const { status, body } = await attempt(by, action, given)
        if (left.length === 0) {
          expect(status).toBe(201)
          continue
        }
        const note = left.map((gate) => gate.note).join(', ')
        expect([status, body.code, body.unmet, body.detail]).toEqual([403, 'gates_unmet', left, note])
        expect(rig.effects()).toHaveLength(before)
        expect((await rig.events({ actor_id: by.staff_id })).at(-1)).toMatchObject({
          action: actions[action].events.attempt,
          result: 'deny',
          code: 'gates_unmet',
          note,
        })
      }
    },
  )
})
