import { expect, it } from 'vitest'
import { extendable, nearestLimit } from './limits.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString()

it('M16 says which of the two limits comes first', () => {
  expect(nearestLimit({ expires_at: at(15), idle_at: at(10) })).toEqual({ at: at(10), by: 'idle' })
  expect(nearestLimit({ expires_at: at(15), idle_at: at(15) })).toEqual({ at: at(15), by: 'time' })
  expect(nearestLimit({ expires_at: at(15), idle_at: at(20) })).toEqual({ at: at(15), by: 'time' })
})

it('M16 offers no more than is left of an hour, or of what the role may have', () => {
  const session = { issued_at: at(0), expires_at: at(15) }
  expect([extendable(session, 60), extendable(session, 20), extendable(session, 15), extendable(session, 5)]).toEqual([45, 5, 0, 0])
})
