import { describe, expect, it } from 'vitest'
import { endingWords } from './devices.ts'

const on = (...devices: (string | null)[]) =>
  devices.map((device, n) => ({
    id: `s${n}`,
    device,
    ip: null,
    place: null,
    created_at: '2026-11-01T00:00:00.000Z',
    last_seen_at: null,
    expires_at: null,
  }))

describe('which sessions end', () => {
  it.each([
    [on(), 'There is no session to end.'],
    [on('Firefox'), '1 session ends, on Firefox.'],
    [on('Firefox', 'an iPhone'), '2 sessions end, on Firefox and an iPhone.'],
    [on('Firefox', 'Firefox', null), '3 sessions end, on Firefox and an unknown device.'],
    [on('A', 'B', 'C', 'D'), '4 sessions end, on A, B and 2 other devices.'],
  ])('is said in a sentence', (sessions, words) => expect(endingWords(sessions)).toBe(words))
})
