import { afterEach, expect, it, vi } from 'vitest'
import { noteAnswer, noteSilence, staleSince } from './connection.ts'

afterEach(() => {
  noteAnswer()
  vi.useRealTimers()
})

it('says from when what is shown is, which is the last answer and not the first silence', () => {
  vi.useFakeTimers({ now: 1_000 })
  noteAnswer()
  expect(staleSince()).toBeNull()
  vi.setSystemTime(6_000)
  noteSilence()
  vi.setSystemTime(9_000)
  noteSilence()
  expect(staleSince()).toBe(1_000)
  noteAnswer()
  expect(staleSince()).toBeNull()
})
