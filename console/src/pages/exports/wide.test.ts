import { describe, expect, it } from 'vitest'
import { whyWide } from './wide.ts'

const session = `ses_${'1'.repeat(32)}`

describe('EX-6 what needs an auditor', () => {
  it.each([
    [{}, 5, 'tenants'],
    [{ target_id: 'usr_1' }, 5, 'tenants'],
    [{ tenant_id: '-ten_a' }, 5, 'tenants'],
    [{ tenant_id: 'ten_a,ten_b' }, 5, 'tenants'],
    [{ tenant_id: 'ten_a' }, 10_001, 'many'],
    [{ tenant_id: 'ten_a' }, 10_000, undefined],
    [{ tenant_id: '"a,b"' }, undefined, undefined],
    [{ session_id: session }, 5, undefined],
  ])('%j of %s events: %s', (filters, count, why) => expect(whyWide(filters, count)).toBe(why))
})
