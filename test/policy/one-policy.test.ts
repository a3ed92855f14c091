import { actionNames, actions, type Explanation, sessionActions, type UnmetGate } from '@countersign/contract/actions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../server/src/policy/attempt.ts'
import { decide, formatNote } from '../../server/src/policy/decide.ts'
import { explain } from '../../server/src/policy/explain.ts'
import { attemptAt, policyNamed, policyNames, targetOf } from './rig.ts'

const now = new Date('2026-03-02T22:30:00Z')
const roleSets: Role[][] = [['support_admin'], ['super_admin'], ['support_manager'], ['auditor'], []]

/** What a person can give, and the gate that it meets. */
const offers: Record<string, Partial<Attempt>> = {
  reason: { reason: 'She called from the number on file' },
  ticket: { ticket: 'SUP-4831' },
  approval: { approvers: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, roles: ['support_manager', 'super_admin'] })) },
  step_up: { stepUp: { at: now, bound: true } },
}
const subsets = Array.from({ length: 2 ** Object.keys(offers).length }, (_, bits) =>
  Object.keys(offers).filter((_, at) => bits & (1 << at)),
)

/** The gates that a cell speaks of. Reason and role are not said beside an approval, which includes the reason. */
const gatesOfCell = (cell: string): string[] => {
  const [asked = ''] = cell.split(' · ')
  if (asked === 'nothing') return []
  return asked.split(' + ').flatMap((word) => (word.includes('approval') ? ['approval', 'reason'] : [word.replaceAll(' ', '_')]))
}
const notOfTheAction = ['role', 'own_account', 'staff_account', 'off', 'step_up']
const unmetOf = ({ requirements }: Explanation): UnmetGate[] =>
  requirements.filter(({ met }) => !met).map(({ gate, note }) => ({ gate, note }))

describe.each(policyNames)('M1 A24 A25 A39 cell, gate list, refusal and note are one under the policy %s', (name) => {
  const policy = policyNamed(name)
  it.each(actionNames)('%s', (action) => {
    const special = name === 'enterprise' ? [{ plan: 'enterprise', region: 'eu', user_role: 'owner' }] : []
    const targets = [{}, ...special].map((more) => targetOf(action, more))
    for (const target of targets) {
      for (const roles of roleSets) {
        const bare = attemptAt(action, { staff: { id: 'stf_rob', roles, signedInAt: new Date(0) }, target, now })
        const nothing = explain(policy, bare)
        const required = unmetOf(nothing)
        if (nothing.requires !== 'switched off') {
          const asked = new Set(required.map(({ gate }) => gate).filter((gate) => !notOfTheAction.includes(gate)))
          expect(new Set(gatesOfCell(nothing.requires))).toEqual(asked)
        }
        expect(nothing.risk).toBe(policy.table[action].risk)
        for (const given of subsets) {
          const attempt = Object.assign({}, bare, ...given.map((gate) => offers[gate])) as Attempt
          const left = required.filter(({ gate }) => !given.includes(gate))
          const { allowed, unmet, faults } = decide(policy, attempt)
          expect({ given, unmet, faults }).toEqual({ given, unmet: left, faults: [] })
          expect(allowed).toBe(left.length === 0)
          const explanation = explain(policy, attempt)
          expect(unmetOf(explanation)).toEqual(left)
          expect(explanation.requirements.map(({ gate, note }) => ({ gate, note }))).toEqual(
            nothing.requirements.map(({ gate, note }) => ({ gate, note })),
          )
          expect([explanation.allowed, explanation.requires]).toEqual([allowed, nothing.requires])
          expect(formatNote(unmet)).toBe(left.map(({ note }) => note).join(', '))
        }
      }
    }
  })
})

const cellsOf = (name: string) =>
  Object.fromEntries(
    actionNames.map((action) => {
      const { requires, risk } = explain(policyNamed(name), attemptAt(action))
      return [action, `${requires}, ${risk}`]
    }),
  )

it('A19 A20 A21 A22 A23 X14 the cells of the default policy read as the documented table, with step-up or without', () => {
  const documented = {
    reset_passkey: 'reason + ticket, med',
    reset_totp: 'reason + ticket, med',
    revoke_sessions: 'reason, low',
    revoke_session: 'reason, low',
    send_magic_link: 'reason, low',
    impersonate: 'reason · 15 min, high',
    open_session: 'reason, med',
    suspend_account: 'manager approval, high',
    restore_account: 'reason + ticket, med',
    force_logout: 'reason, med',
    // As their openings.
    extend_impersonation: 'reason, high',
    extend_session: 'reason, med',
  }
  expect(cellsOf('default')).toEqual(documented)
  expect(cellsOf('step-up')).toEqual(documented)
})

it('X14 the preset strict asks for a ticket in impersonate, suspend and reset, and changes nothing else', () => {
  const changed = Object.entries(cellsOf('strict')).filter(([action, cell]) => cell !== cellsOf('default')[action])
  expect(changed).toEqual([
    ['impersonate', 'reason + ticket · 15 min, high'],
    ['extend_impersonation', 'reason + ticket, high'],
    ['suspend_account', 'ticket + manager approval, high'],
  ])
})

it('A3–A5 the cells of a table of one’s own', () => {
  expect(cellsOf('two-managers')).toMatchObject({
    suspend_account: 'ticket + 2 manager approvals, high',
    reset_passkey: 'super admin approval, high',
    revoke_session: 'nothing, low',
    force_logout: 'switched off, med',
    reset_totp: 'reason + ticket, med',
  })
})

it('M1 the cell speaks of the target at hand: an enterprise tenant asks for more', () => {
  const on = (plan: string) =>
    explain(policyNamed('enterprise'), attemptAt('reset_totp', { target: targetOf('reset_totp', { plan }) })).requires
  expect([on('starter'), on('enterprise')]).toEqual(['reason + ticket', 'ticket + manager approval'])
})

it('A9 role, reason and ticket are three gates of their own', () => {
  const policy = policyNamed('strict')
  for (const action of ['impersonate', 'reset_passkey', 'reset_totp', 'suspend_account'] as const) {
    const staff = { id: 'stf_amy', roles: ['auditor' as const], signedInAt: now }
    const { requirements } = explain(policy, attemptAt(action, { staff, now }))
    expect(requirements.map(({ gate }) => gate)).toEqual(expect.arrayContaining(['role', 'reason', 'ticket']))
  }
})

it('A26 X4 the catalogue names for each action a target, an effect and events of its own category', () => {
  for (const action of actionNames) {
    const { effect, target, act } = actions[action]
    expect(effect).toMatch(/^[A-Z].*[.]$/)
    expect(['user', 'tenant']).toContain(target)
    expect(act).toBe((sessionActions as readonly string[]).includes(action) ? null : action)
  }
})
