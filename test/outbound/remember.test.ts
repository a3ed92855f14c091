import { expect, it } from 'vitest'
import { remember } from '../../server/src/outbound/remember.ts'

it('an answer serves for its time, and a failure for less', async () => {
  let now = 0
  let asked = 0
  let works = true
  const read = remember(async () => (works ? ++asked : Promise.reject(new Error(`failure ${++asked}`))), {
    freshMs: 1_000,
    failedMs: 10,
    now: () => now,
  })
  expect(await Promise.all([read(), read()])).toEqual([1, 1])
  now = 1_000
  expect(await read()).toBe(1)
  now = 1_001
  works = false
  await expect(read()).rejects.toThrow('failure 2')
  await expect(read()).rejects.toThrow('failure 2')
  now += 11
  works = true
  expect(await read()).toBe(3)
})
