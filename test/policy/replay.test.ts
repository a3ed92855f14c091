import { expect, it } from 'vitest'
import { decide } from '../../server/src/policy/decide.ts'
import { replay } from '../../server/src/policy/replay.ts'
import { attemptOf, examplesIn, policyNamed } from './rig.ts'

const examples = [...examplesIn('allow'), ...examplesIn('deny')].filter(({ example }) => example.policy === 'default')
const history = examples.map(({ name, example }) => {
  const attempt = attemptOf(example)
  return { name, attempt, unmet: decide(policyNamed('default'), attempt).unmet }
})

it('M1 a draft that decides alike changes nothing of the history', () => {
  expect(history.length).toBeGreaterThan(10)
  expect([...replay(history, policyNamed('default'))]).toEqual([])
})

it('M1 a draft is told by what it would have decided otherwise: newly refused, newly allowed, or by other gates', () => {
  const differences = (draft: string) =>
    Object.fromEntries(
      [...replay(history, policyNamed(draft))].map(({ decided, wouldBeUnmet }) => [
        decided.name.replace(/.*\//, ''),
        [decided.unmet, wouldBeUnmet].map((unmet) => unmet.map(({ gate }) => gate).join(' + ')),
      ]),
    )
  expect(differences('strict')).toEqual({
    'a user is impersonated with a reason': ['', 'ticket'],
    'an account is suspended with a manager': ['', 'ticket'],
    'a super admin counts as a manager': ['', 'ticket'],
    'a colleagues account': ['staff_account', 'staff_account + ticket'],
    'a suspension without a manager': ['approval', 'approval + ticket'],
    'approved by oneself': ['approval', 'approval + ticket'],
    'approved by somebody who may not': ['approval', 'approval + ticket'],
    'nobody with nothing': ['role + approval + reason', 'role + approval + ticket + reason'],
  })
})

it('M1 what a draft would have allowed is told as well', () => {
  const { attempt } = history.find(({ name }) => name.includes('a ticket that is an address')) as (typeof history)[number]
  const refused = {
    attempt: { ...attempt, ticket: undefined },
    unmet: [
      { gate: 'tidiness', note: 'desk untidy' },
      { gate: 'ticket', note: 'ticket missing' },
    ],
  }
  expect([...replay([refused], policyNamed('default'))].map(({ wouldBeUnmet }) => wouldBeUnmet)).toEqual([
    [{ gate: 'ticket', note: 'ticket missing' }],
  ])
  const allowedNow = { attempt: { ...attempt, ticket: 'SUP-1' }, unmet: refused.unmet }
  expect([...replay([allowedNow], policyNamed('default'))].map(({ wouldBeUnmet }) => wouldBeUnmet)).toEqual([[]])
})
