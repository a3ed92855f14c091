import { describe, expect, it } from 'vitest'
import { decide, formatNote } from '../../server/src/policy/decide.ts'
import { attemptOf, examplesIn, policyNamed } from './rig.ts'

// Each file says who does what under which policy: its name is the sentence, and a manager can read it.
describe('A3–A5 A26 X5 X12 X14 the policy', () => {
  it.each(examplesIn('allow'))('$name', ({ example }) => {
    expect(example.unmet).toEqual({})
    expect(decide(policyNamed(example.policy), attemptOf(example))).toEqual({ allowed: true, unmet: [], faults: [] })
  })

  it.each(examplesIn('deny'))('$name', ({ example }) => {
    const decision = decide(policyNamed(example.policy), attemptOf(example))
    expect(Object.keys(example.unmet).length).toBeGreaterThan(0)
    expect(decision).toEqual({
      allowed: false,
      unmet: Object.entries(example.unmet).map(([gate, note]) => ({ gate, note })),
      faults: [],
    })
    expect(formatNote(decision.unmet)).toBe(Object.values(example.unmet).join(', '))
  })
})
