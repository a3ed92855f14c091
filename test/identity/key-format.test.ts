import { expect, it } from 'vitest'
import { newBudget } from '../../server/src/access/budget.ts'
import { isKey, newKey } from '../../server/src/identity/key-format.ts'

it('makes keys that differ, of one form, in every letter of the alphabet', () => {
  const keys = Array.from({ length: 500 }, () => newKey())
  expect(new Set(keys).size).toBe(500)
  for (const key of keys) expect(key).toMatch(/^cs_live_[0-9A-Za-z]{38}$/)
  expect(keys.every((key) => isKey(key))).toBe(true)
  expect(new Set(keys.flatMap((key) => [...key.slice(8, 40)])).size).toBe(62)
})

it('TI-7 tells a key with any one letter changed from a real one', () => {
  const key = newKey()
  for (let at = 8; at < key.length; at++) {
    const letter = key[at] === 'a' ? 'b' : 'a'
    expect(isKey(key.slice(0, at) + letter + key.slice(at + 1))).toBe(false)
  }
})

it('records a number of refusals a minute, each key once, and says how many it left out', () => {
  let now = 0
  const budget = newBudget(3, () => now)
  expect([budget.take('a'), budget.take('a'), budget.take('b'), budget.take(), budget.take()]).toEqual([0, undefined, 1, 0, undefined])
  now = 60_000
  expect([budget.take('a'), budget.take('a')]).toEqual([1, undefined])
})
