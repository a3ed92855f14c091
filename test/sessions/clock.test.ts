import { describe, expect, it } from 'vitest'
import { newAuthorityClock } from '../../server/src/sessions/clock.ts'

/** A reading that took so long, at a second of our clock. */
const at = (second: number, databaseMs: number, tookMs = 10) => ({ sentMs: second * 1_000, heardMs: second * 1_000 + tookMs, databaseMs })
const day = 86_400_000

describe('the time that authority goes by', () => {
  it('goes on with our clock from the last instant seen, and never says more than the database would', () => {
    const clock = newAuthorityClock()
    expect(clock.floorAt(0)).toBe(undefined)
    clock.read(at(1, day + 1_005))
    expect(clock.floorAt(1_010)).toBe(day + 1_005)
    expect(clock.floorAt(61_010)).toBe(day + 61_005)
    // A slow answer takes no more of it back than a clock may drift.
    clock.read(at(2, day + 2_001, 2))
    expect(clock.floorAt(3_002)).toBe(day + 3_001)
    clock.read(at(3, day + 3_005, 500))
    expect(clock.floorAt(4_002)).toBeGreaterThan(day + 4_001 - 2)
  })

  it('a clock that is set back is a jump, and is not gone by for a minute', () => {
    const clock = newAuthorityClock()
    clock.read(at(1, day + 1_000))
    expect(clock.read(at(2, day + 2_000 - 600_000))?.byMs).toBeCloseTo(-600_000, -2)
    expect(clock.floorAt(2_010)).toBe(day + 2_000)
    expect(clock.read(at(60, day + 60_000 - 600_000))).toBe(undefined)
    expect(clock.floorAt(60_010)).toBe(day + 60_000)
    expect(clock.read(at(62, day + 62_000 - 600_000))).toBe(undefined)
    expect(clock.floorAt(62_010)).toBe(day + 62_000)
    clock.read(at(63, day + 63_000 - 600_000))
    expect(clock.floorAt(63_010)).toBe(day + 63_000 - 600_000)
  })

  it('an hour in which nobody asked takes nothing back', () => {
    const clock = newAuthorityClock()
    clock.read(at(1, day + 1_000))
    expect(clock.read(at(3_600, day + 3_600_000 - 600_000))?.byMs).toBeCloseTo(-600_000, -2)
    expect(clock.floorAt(3_600_010)).toBe(day + 3_600_000)
  })

  it('a clock that is set back little by little is a jump too', () => {
    const clock = newAuthorityClock()
    const jumps = Array.from({ length: 20 }, (_, i) => clock.read(at(i, day + i * 1_000 - i * 300)))
    expect(jumps.filter((jump) => jump !== undefined)).toHaveLength(1)
    expect(clock.floorAt(20_000)).toBeGreaterThan(day + 20_000 - 1_100)
  })

  it('a clock that ran ahead raises no floor, and both ways are jumps', () => {
    const clock = newAuthorityClock()
    clock.read(at(1, day + 1_000))
    expect(clock.read(at(2, 1_000 * day))?.byMs).toBeGreaterThan(900 * day)
    expect(clock.floorAt(2_010)).toBe(day + 2_000)
    expect(clock.read(at(3, day + 3_000))?.byMs).toBeLessThan(-900 * day)
    expect(clock.floorAt(3_010)).toBe(day + 3_000)
  })

  it('neither a slow answer, nor a minute ahead, nor drift is a jump', () => {
    const clock = newAuthorityClock()
    clock.read(at(1, day + 1_000))
    expect(clock.read(at(2, day + 40_000, 40_000))).toBe(undefined)
    expect(clock.read(at(50, day + 50_000))).toBe(undefined)
    expect(clock.read(at(51, day + 51_000 + 59_000))).toBe(undefined)
    for (let second = 52; second < 500; second++)
      expect(clock.read(at(second, day + second * 1_000 + 59_000 - second * 0.5))).toBe(undefined)
  })
})
