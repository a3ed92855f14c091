import { expect, it } from 'vitest'
import { newBreaker, troubleOf } from '../../server/src/outbound/breaker.ts'

const pauseAfterThree = () => {
  let now = 0
  const breaker = newBreaker({ now: () => now })
  for (let n = 0; n < 3; n++) {
    breaker.begin()
    breaker.fail('timeout')
  }
  return { breaker, advance: (milliseconds: number) => (now += milliseconds) }
}

it('after the pause one call tries alone, and its success lets all others in', () => {
  const { breaker, advance } = pauseAfterThree()
  expect(() => breaker.begin()).toThrow('it was not asked')
  advance(2_000)
  expect(breaker.begin()).toBe(true)
  expect(() => breaker.begin()).toThrow('it was not asked')
  expect(breaker.state().status).toBe('paused')
  expect(breaker.succeed()).toBe(true)
  breaker.endTry()
  expect([breaker.begin(), breaker.begin()]).toEqual([false, false])
  expect(breaker.state().status).toBe('answering')
})

it('a try that fails begins the pause anew; one that we broke off does not hold the others up', () => {
  const { breaker, advance } = pauseAfterThree()
  advance(2_000)
  breaker.begin()
  breaker.fail('reset')
  breaker.endTry()
  expect(() => breaker.begin()).toThrow('reset')
  advance(2_000)
  breaker.begin()
  breaker.endTry()
  expect(breaker.begin()).toBe(true)
})

it('says since when, from the first failure in a row on', () => {
  const breaker = newBreaker()
  breaker.succeed()
  const { since } = breaker.state()
  breaker.succeed()
  expect(breaker.state().since).toBe(since)
  breaker.fail('name')
  const failing = breaker.state()
  breaker.fail('refused')
  expect(breaker.state()).toEqual({ status: 'failing', failure: 'refused', since: failing.since })
})

it('what fails for one person counts once, whatever they ask for', () => {
  const breaker = newBreaker()
  for (let n = 0; n < 10; n++) breaker.fail('status', 'ada')
  expect(breaker.state()).toMatchObject({ status: 'failing', failure: 'status' })
  expect(breaker.begin()).toBe(false)
  breaker.fail('status', 'rob')
  expect(breaker.state().status).toBe('failing')
  breaker.fail('timeout')
  expect(breaker.state()).toMatchObject({ status: 'paused', failure: 'timeout' })
  expect(() => breaker.begin()).toThrow('it was not asked')
})

it('says in a sentence what keeps a service from answering', () => {
  const breaker = newBreaker()
  expect(troubleOf(breaker.state())).toBe(null)
  breaker.fail('timeout')
  expect(troubleOf(breaker.state())).toBe('The last call failed: it did not answer in time.')
  for (let n = 0; n < 2; n++) breaker.fail('refused')
  expect(troubleOf(breaker.state())).toBe('It is left alone for a moment: nothing accepts connections at its address.')
  breaker.succeed()
  expect(troubleOf(breaker.state())).toBe(null)
})
