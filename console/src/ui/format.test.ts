import { describe, expect, it, vi } from 'vitest'
import {
  cutMiddle,
  formatBytes,
  formatCountdown,
  formatDuration,
  formatInstant,
  formatLeft,
  formatMinute,
  formatRelative,
  plural,
  shellQuote,
  shortId,
} from './format.ts'

const now = Date.parse('2026-11-20T12:00:00Z')
const ago = (seconds: number) => now - seconds * 1000

describe('relative time', () => {
  it.each([
    [0, 'just now'],
    [12, '12 s ago'],
    [59, '59 s ago'],
    [60, '1 min ago'],
    [3599, '59 min ago'],
    [3600, '1 h ago'],
    [86_400, '1 d ago'],
    [-300, 'in 5 min'],
  ])('%d s reads "%s"', (seconds, words) => expect(formatRelative(ago(seconds), now)).toBe(words))

  it('becomes a date that cannot be misread after a month', () => expect(formatRelative('2026-08-03T12:00:00Z', now)).toBe('3 Aug 2026'))
})

describe('countdown', () => {
  it.each([
    [899, '14:59'],
    [3600, '1:00:00'],
    [3723, '1:02:03'],
    [60, '1:00'],
    [0.2, '0:01'],
    [0, '0:00'],
    [-5, '0:00'],
  ])('%d s reads "%s"', (seconds, words) => expect(formatCountdown(seconds)).toBe(words))
})

it('says what is left as it is, also of a session that was short from the beginning', () => {
  expect([120, 119.2, 90, 42.1, 1].map(formatLeft)).toEqual(['2 minutes', '2 minutes', '90 seconds', '43 seconds', '1 second'])
})

it('says times in the zone that the reader has chosen, and always which one', () => {
  const at = '2026-11-20T23:12:59.9Z'
  expect([formatMinute(at, 'utc'), formatInstant(at, 'utc')]).toEqual(['23:12 UTC', '20 Nov 2026, 23:12:59 UTC'])
  vi.stubEnv('TZ', 'Asia/Tokyo')
  expect([formatMinute(at, 'here'), formatInstant(at, 'here')]).toEqual(['08:12 GMT+9', '21 Nov 2026, 08:12:59 GMT+9'])
  vi.unstubAllEnvs()
})

describe('ids', () => {
  it('keeps the end of our own, which tells them apart', () =>
    expect(shortId('ses_019aa0c4d2f07a31bb6c2f10d4e8a9b7')).toBe('ses_…d4e8a9b7'))
  it('leaves short ids of the product whole', () => expect(shortId('acme')).toBe('acme'))
  it('cuts long ones in the middle', () => expect(cutMiddle('tenant-with-a-very-long-name', 15)).toBe('tenant-…ng-name'))
})

it('quotes for a shell, so that an id is never a command', () => {
  expect(shellQuote(`x'; rm -rf / #$(id)`)).toBe(`'x'\\''; rm -rf / #$(id)'`)
})

it('says amounts with their unit', () => {
  expect([formatDuration(0.3), formatDuration(8.4), formatDuration(1240), formatDuration(125_000)]).toEqual([
    '<1 ms',
    '8 ms',
    '1.24 s',
    '2 min 5 s',
  ])
  expect([formatBytes(900), formatBytes(1500), formatBytes(2_500_000)]).toEqual(['900 B', '1.5 kB', '2.5 MB'])
  expect([plural(1, 'tenant'), plural(2431, 'tenant')]).toEqual(['1 tenant', '2,431 tenants'])
})
