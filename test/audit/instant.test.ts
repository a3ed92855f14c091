import { expect, it } from 'vitest'
import { isInstant } from '../../server/src/audit/check-event.ts'

it('an instant is a moment of the calendar, in UTC with microseconds, whatever was asked before', () => {
  for (const real of [
    '2026-11-29T23:59:59.000000Z',
    '2024-02-29T00:00:00.123456Z',
    '0001-01-01T00:00:00.999999Z',
    '9999-12-31T23:59:59.999999Z',
  ]) {
    expect(isInstant(real), real).toBe(true)
    expect(isInstant(real.replace(/\.\d+/, '.000001')), real).toBe(true)
    for (const bad of [
      real.replace('Z', ''),
      real.replace('Z', '+00:00'),
      real.replace(/\.\d+/, '.001'),
      real.replace('T', ' '),
      `${real} `,
    ])
      expect(isInstant(bad), bad).toBe(false)
  }
  for (const bad of [
    '2026-02-29T00:00:00.000000Z',
    '2026-04-31T00:00:00.000000Z',
    '2026-13-01T00:00:00.000000Z',
    '2026-11-29T24:00:00.000000Z',
    '2026-11-29T23:59:60.000000Z',
    '0000-01-01T00:00:00.000000Z',
    '2026-00-10T00:00:00.000000Z',
    '',
  ])
    expect(isInstant(bad), bad).toBe(false)
})
