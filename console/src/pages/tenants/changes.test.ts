import type { HealthStatus } from '@countersign/contract/health.ts'
import { expect, it } from 'vitest'
import { countChanges, isInPlace } from './changes.ts'

const row = (id: string, status: HealthStatus = 'healthy') =>
  ({ tenant: { id }, health: { status, causes: [{ rule: 'all_well' }] } }) as Parameters<typeof countChanges>[0][number]
const [a, b, c] = [row('a'), row('b'), row('c')]

it('C8 what moves no row is put in its place', () => {
  expect(isInPlace([a, b], [row('a', 'critical'), b])).toBe(true)
  expect(isInPlace([a, b], [b, a])).toBe(false)
  expect(isInPlace([a, b], [a])).toBe(false)
})

it('C8 counts tenants that came, went or are judged otherwise, not those that they moved', () => {
  expect(countChanges([a, b], [a, b])).toBe(0)
  expect(countChanges([a, b, c], [row('c', 'critical'), a, b])).toBe(1)
  expect(countChanges([a, b], [row('c', 'critical'), a])).toBe(1)
  expect(countChanges([a, b], [b, a])).toBe(1)
  expect(countChanges([a, b, c], [row('b', 'warning'), row('a', 'warning'), c])).toBe(2)
  expect(countChanges([a, b], [])).toBe(2)
})
