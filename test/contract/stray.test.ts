import { dropStray, findStray } from '@countersign/contract/stray.ts'
import { isWorthSearching, Searched, Wanted } from '@countersign/contract/text.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('what Unicode gives a place is left there', () => {
  it.each([
    ['Persian, between letters that join', 'می‌خواهم'],
    ['Persian, with a vowel in between', 'مِیْ‌خواهم'],
    ['Sinhala conjuncts', 'ක්‍ෂේත්‍ර ශ්‍රී ලංකා'],
    ['Devanagari, half forms', 'क्‍ष र्‍य'],
    ['Devanagari, explicit virama', 'क्‌ष'],
    ['Malayalam chillu as of old', 'ന്‍'],
    ['Bengali ra with ya-phalaa', 'র‍্যাম'],
    ['a family', '👨‍👩‍👧‍👦'],
    ['a profession with a skin tone', '👩🏽‍🚀'],
    ['a heart with its presentation', '❤️'],
    ['a flag of tags', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['a keycap', '1️⃣'],
    ['a variant of an ideograph', '葛\u{e0100}城'],
    ['a Mongolian variant', 'ᠠ\u180b'],
    ['the sign of an Arabic number', '\u0600١٢'],
  ])('%s', (_name, text) => {
    expect([...findStray(text)]).toEqual([])
    expect(dropStray(text)).toBe(text)
  })
})

describe('what is out of place is found and dropped', () => {
  it.each([
    ['a joiner between Latin letters', 'ad\u200dmin', 'admin'],
    ['a non-joiner between Latin letters', 'ad\u200cmin', 'admin'],
    ['a non-joiner after a letter that never joins forwards', 'ر\u200cه', 'ره'],
    ['a non-joiner at the end', 'می\u200c', 'می'],
    ['two of them', 'می\u200c\u200cخ', 'میخ'],
    ['a joiner before a vowel sign', 'क्\u200dा', 'क्ा'],
    ['a joiner between emoji that make no sequence', '🙂\u200d🙂', '🙂🙂'],
    ['a presentation after a digit', '1\ufe0f', '1'],
    ['tags without a flag', 'a\u{e0067}\u{e0062}', 'ab'.slice(0, 1)],
    ['marks of direction', '\u200eabc\u200f\u202e\u2066', 'abc'],
    ['a byte order mark, soft hyphens and zero widths', '\ufeffa\u00adb\u200bc\u2060', 'abc'],
    ['odd spaces', 'a\u00a0b\u202fc\u2003d', 'a b c d'],
  ])('%s', (_name, text, expected) => {
    expect(findStray(text).size).toBeGreaterThan(0)
    expect(dropStray(text)).toBe(expected)
  })
})

const blank = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

it('drops nothing that is seen, and leaves nothing to drop', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const kept = dropStray(text)
      expect(kept.replace(blank, '')).toBe(text.replace(blank, ''))
      expect(dropStray(kept)).toBe(kept)
    }),
    { numRuns: 2_000 },
  )
})

it('takes no time that grows faster than the text', () => {
  const long = `क${'\u0301'.repeat(5_000)}${'्\u200d'.repeat(5_000)}`
  const began = performance.now()
  dropStray(long)
  expect(performance.now() - began).toBeLessThan(2_000)
})

describe('what is looked for', () => {
  it.each([
    ['李', true],
    ['김', true],
    ['あ', true],
    ['م', true],
    ['a', false],
    ['ß', false],
    ['1', false],
    ['李明', true],
    ['ab', true],
    ['\u{20BB7}', true],
  ])('%s is worth searching: %s', (text, expected) => {
    expect(isWorthSearching(text)).toBe(expected)
    expect(Searched.safeParse(text).success).toBe(expected)
  })

  it('is asked for as it is meant: composed, and without what was pasted along', () => {
    expect(Searched.parse('\ufeff  e\u0301mile\u00a0\u200bZola\u00ad ')).toBe('émile Zola')
    expect(Wanted.parse('می‌خواهم\u200f')).toBe('می‌خواهم')
    expect(Searched.safeParse('\u200b\u200ba').success).toBe(false)
    expect(Wanted.safeParse('a\u0007b').success).toBe(false)
  })
})
