import { expect, it } from 'vitest'
import { placeOf } from './useRowKeys.ts'

it('follows its row when others arrive above it', () => {
  expect(placeOf({ at: 1, key: 'b' }, ['a', 'b', 'c'])).toBe(1)
  expect(placeOf({ at: 1, key: 'b' }, ['x', 'y', 'a', 'b', 'c'])).toBe(3)
})

it('keeps its place where the row is gone, and begins at the top', () => {
  expect(placeOf({ at: 1, key: 'b' }, ['a', 'c'])).toBe(1)
  expect(placeOf({ at: 2, key: 'c' }, ['a'])).toBe(0)
  expect(placeOf({ at: 0, key: undefined }, ['a', 'b'])).toBe(0)
  expect(placeOf({ at: 3, key: 'd' }, [])).toBe(0)
})
