import { AskedInstant, countReason, Reason } from '@countersign/contract/text.ts'
import { describe, expect, it } from 'vitest'

const allOf = (pattern: RegExp): string[] => {
  const found: string[] = []
  for (let code = 0; code < 0x110000; code++) {
    const char = String.fromCodePoint(code)
    if (pattern.test(char)) found.push(char)
  }
  return found
}

describe('C30 X6 characters that show nothing do not count towards a reason', () => {
  it.each([
    ['default-ignorable', /\p{Default_Ignorable_Code_Point}/u],
    ['formats', /\p{Cf}/u],
    ['unassigned', /\p{Cn}/u],
    ['private', /\p{Co}/u],
    ['spaces', /\p{Z}/u],
    ['combining marks', /\p{M}/u],
    ['letters and symbols that are blank', /[\u115f\u1160\u2800\u3164\uffa0\ufffc\u{13441}\u{13442}\u{1d159}]/u],
  ])('%s', (_what, pattern) => {
    const chars = allOf(pattern)
    expect(chars.length).toBeGreaterThan(0)
    expect(chars.filter((char) => countReason(char.repeat(10)) > 0)).toEqual([])
    for (const char of chars.slice(0, 200)) expect(Reason.safeParse(`abc${char.repeat(20)}`).success).toBe(false)
  })

  it('and what is read does', () => {
    for (const text of ['Looking into it', 'Проверка жалобы', '調査のため確認します', 'فحص تقرير العميل', 'Ärger mit Größe'])
      expect(Reason.safeParse(text).success, text).toBe(true)
  })
})

it.each([
  ['0000-12-31T23:59:59Z', false],
  ['0001-01-01T00:00:00Z', true],
  ['0001-01-01T00:00:00+01:00', false],
  ['9999-12-31T23:59:59Z', true],
  ['9999-12-31T23:59:59-01:00', false],
  ['10000-01-01T00:00:00Z', false],
  ['+010000-01-01T00:00:00Z', false],
  ['2026-01-01T00:00:00+15:59', true],
  ['2026-01-01T00:00:00+16:00', false],
  ['2026-01-01T00:00:00-16:00', false],
  ['2026-01-01T00:00:00+23:59', false],
  ['2026-02-30T00:00:00Z', false],
  ['2026-01-01T24:00:00Z', false],
  [`2026-01-01T00:00:00.${'1'.repeat(100)}Z`, false],
])('an instant that is asked about: %s', (text, isTaken) => {
  expect(AskedInstant.safeParse(text).success).toBe(isTaken)
})
