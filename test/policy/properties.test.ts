import { type ActionName, actionNames, risks, sessionActions, tableGates } from '@countersign/contract/actions.ts'
import { approverRoles, consoleRoles, type Role, roles } from '@countersign/contract/staff.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countApprovers, unmetByApprover } from '../../server/src/policy/approver.ts'
import type { Attempt } from '../../server/src/policy/attempt.ts'
import { compilePolicy, type Policy } from '../../server/src/policy/compile.ts'
import { decide } from '../../server/src/policy/decide.ts'
import type { Table } from '../../server/src/policy/table.ts'
import { policyNamed, policyNames, targetOf } from './rig.ts'

const policies = policyNames.map(policyNamed)
const roleSet = fc.subarray([...roles])
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('enterprise', 'eu', 'owner', '"', '\\', '${', '\ud800'))
const person = fc.record({ id: fc.constantFrom('stf_rob', 'stf_mgr', 'stf_sue', 'stf_val'), roles: roleSet })
const instant = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })

const attempts: fc.Arbitrary<Attempt> = fc
  .record({
    action: fc.constantFrom(...actionNames),
    id: fc.string({ minLength: 1, maxLength: 40 }),
    plan: fc.option(text),
    region: fc.option(text),
    user_role: fc.option(text),
    self: fc.boolean(),
    staff: fc.boolean(),
    requester: person,
    approvers: fc.array(person, { maxLength: 6 }),
    reason: fc.option(fc.oneof(text, fc.constant('She called from the number on file')), { nil: undefined }),
    ticket: fc.option(fc.oneof(text, fc.constant('SUP-4831')), { nil: undefined }),
    now: instant,
    signedIn: fc.integer({ min: 0, max: 10_000_000 }),
    stepUp: fc.option(fc.record({ age: fc.integer({ min: 0, max: 1_000_000 }), bound: fc.boolean() }), { nil: undefined }),
  })
  .map(({ action, id, plan, region, user_role, self, staff, requester, signedIn, stepUp, now, ...given }) => ({
    action,
    staff: { ...requester, signedInAt: new Date(now.getTime() - signedIn) },
    target: { ...targetOf(action, { plan, region, user_role, self, staff }), id },
    stepUp: stepUp && { at: new Date(now.getTime() - stepUp.age), bound: stepUp.bound },
    now,
    ...given,
  }))

describe.each(policyNames.map((name, at) => ({ name, policy: policies[at] as Policy })))('whatever is asked of $name', ({ policy }) => {
  const holds = (property: (attempt: Attempt) => void) => fc.assert(fc.property(attempts, property), { numRuns: 60 })

  it('M1 it answers, the same each time; allowed exactly where nothing is unmet', () => {
    holds((attempt) => {
      const decision = decide(policy, attempt)
      expect(decision.allowed).toBe(decision.unmet.length === 0)
      expect(decision.faults).toEqual([])
      expect(decide(policy, structuredClone(attempt))).toEqual(decision)
    })
  })

  it('X5 nobody acts on themselves, on staff, or without a role that may ask', () => {
    holds((attempt) => {
      const gates = decide(policy, attempt).unmet.map(({ gate }) => gate)
      const { target, staff, action } = attempt
      expect(gates.includes('own_account')).toBe(target.kind === 'user' && target.isSelf)
      expect(gates.includes('staff_account')).toBe(target.kind === 'user' && target.isStaff)
      expect(gates.includes('role')).toBe(!staff.roles.some((role) => policy.table[action].roles.includes(role)))
    })
  })

  it('GA-3 GA-5 an approval is unmet where fewer others than it takes have signed and may, whoever asks', () => {
    holds((attempt) => {
      const { action, staff, approvers = [] } = attempt
      const row = policy.table[action]
      const others = approvers.filter(({ id, roles: held }) => id !== staff.id && held.some((role) => row.approvers.includes(role)))
      const count = new Set(others.map(({ id }) => id)).size
      if (row.requires.includes('approval') && count < row.approvals)
        expect(decide(policy, attempt).unmet.map(({ gate }) => gate)).toContain('approval')
    })
  })

  it('giving more never leaves more unmet', () => {
    holds((attempt) => {
      const more: Attempt = {
        ...attempt,
        reason: 'She called from the number on file',
        ticket: 'SUP-4831',
        approvers: [...(attempt.approvers ?? []), ...['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, roles: [...roles] }))],
        stepUp: { at: attempt.now, bound: true },
      }
      expect(decide(policy, attempt).unmet).toEqual(expect.arrayContaining(decide(policy, more).unmet))
    })
  })
})

describe('any table that the configuration accepts', () => {
  const row = (action: ActionName) =>
    fc.record({
      off: fc.boolean(),
      requires: fc
        .subarray([...tableGates])
        .map((gates) =>
          gates.includes('approval') || sessionActions.some((name) => name === action)
            ? [...new Set([...gates, 'reason' as const])]
            : gates,
        ),
      risk: fc.constantFrom(...risks),
      roles: fc.subarray([...consoleRoles] as Role[], { minLength: 1 }),
      approvers: fc.subarray([...approverRoles] as Role[], { minLength: 1 }),
      approvals: fc.integer({ min: 1, max: 5 }),
      expires_minutes: fc.integer({ min: 1, max: 10_080 }),
    })
  const tables = fc.record(Object.fromEntries(actionNames.map((name) => [name, row(name)]))) as unknown as fc.Arbitrary<Table>

  it('A3–A5 becomes a policy that allows who has the role and gives all that its row asks for, and else says what is missing', () => {
    fc.assert(
      fc.property(tables, fc.boolean(), attempts, (table, stepUp, attempt) => {
        const policy = compilePolicy({ table, stepUp, files: [] })
        const { action, staff, target, reason, ticket, approvers = [] } = attempt
        const rule = table[action]
        const count = countApprovers(policy, { action, requester: staff, approvers })
        const bound = attempt.stepUp?.bound === true
        const recent = attempt.stepUp !== undefined && attempt.now.getTime() - attempt.stepUp.at.getTime() <= 300_000
        const expected: Record<string, boolean> = {
          off: rule.off,
          own_account: target.kind === 'user' && target.isSelf,
          staff_account: target.kind === 'user' && target.isStaff,
          role: !staff.roles.some((role) => rule.roles.includes(role)),
          approval: rule.requires.includes('approval') && count < rule.approvals,
          ticket: rule.requires.includes('ticket') && !/^#?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test((ticket ?? '').trim()),
          reason: rule.requires.includes('reason') && reason !== 'She called from the number on file',
          step_up: stepUp && !bound && !(recent && rule.risk !== 'high'),
        }
        const unmet = new Set(decide(policy, attempt).unmet.map(({ gate }) => gate))
        // A random text may be a reason as well.
        if (reason !== undefined && !unmet.has('reason')) expected.reason = false
        expect(unmet).toEqual(new Set(Object.keys(expected).filter((gate) => expected[gate])))
      }),
      { numRuns: 100 },
    )
  })
})

describe('who may approve', () => {
  const [policy] = policies as [Policy]
  it('X5 GA-3 nobody their own request, whatever the role', () => {
    fc.assert(
      fc.property(person, person, fc.constantFrom(...actionNames), (requester, approver, action) => {
        const gates = unmetByApprover(policy, { action, requester, approver }).map(({ gate }) => gate)
        expect(gates.includes('own_request')).toBe(requester.id === approver.id)
        expect(gates.includes('role')).toBe(!approver.roles.some((role) => role === 'support_manager' || role === 'super_admin'))
      }),
    )
  })

  it('counts a person once, however often they sign', () => {
    const mgr = { id: 'stf_mgr', roles: ['support_manager'] as const }
    const of = (approvers: { id: string; roles: readonly Role[] }[]) =>
      countApprovers(policy, { action: 'suspend_account', requester: { id: 'stf_rob' }, approvers })
    expect([of([]), of([mgr]), of([mgr, mgr]), of([mgr, { ...mgr, id: 'stf_sue' }])]).toEqual([0, 1, 1, 2])
  })
})
