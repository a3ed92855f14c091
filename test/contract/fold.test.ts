import { foldName } from '@countersign/contract/fold.ts'
import fc from 'fast-check'
import { expect, it } from 'vitest'

it.each([
  ['accents', 'Ångström Café Đặng Łódź Øresund Þór Šāncǐ', 'angstrom cafe dang lodz oresund thor sanci'],
  ['the Turkish dots', 'İSTANBUL IĞDIR ısparta iğne', 'istanbul igdir isparta igne'],
  ['final sigma', 'ΟΔΥΣΣΕΎΣ Οδυσσεύς', 'οδυσσευσ οδυσσευσ'],
  ['sharp s', 'Straße STRASSE STRAẞE', 'strasse strasse strasse'],
  ['ligatures and widths', 'ﬁrma ＡＢＣ Ǆ ㈱山田', 'firma abc dz (株)山田'],
  ['Arabic and Persian keyboards', 'كتابي کتابی كـتـابي', 'كتابي كتابي كتابي'],
  ['joiners', 'می‌خواهم میخواهم ක්‍ෂ', 'ميخواهم ميخواهم ක්ෂ'],
  ['Hebrew points and Arabic vowels', 'שָׁלוֹם مُحَمَّد', 'שלום محمد'],
  ['digits of Arabic', '۱۲۳ ٤٥٦', '123 456'],
  ['curly and straight', 'O’Brien–Smith “Ltd”', 'o\'brien-smith "ltd"'],
  ['spaces', '  A\u00a0B\u2003 C\u3000D\n', 'a b c d'],
  ['what is not seen', '\ufeffAc\u200bme\u00ad \u202eCorp\u202c', 'acme corp'],
  ['kana with marks', 'ガ か\u3099', 'カ か'],
])('folds %s', (_name, text, expected) => {
  expect(foldName(text)).toBe(expected)
})

it.each([
  ['vowel signs', 'कि', 'का'],
  ['letters of two scripts that look alike', 'Acme', 'Асme'],
  ['syllables of Hangul', '하', '한'],
  ['a letter and its neighbor', 'ж', 'з'],
])('keeps %s apart', (_name, one, other) => {
  expect(foldName(one)).not.toBe(foldName(other))
})

const letters = [...'aäAÄßſİıIiσςΣéÉĉœŒøØłŁжЖЙйёЁґ李王김がガ한글नीअ'].concat([
  'ﬁ',
  'Ａ',
  'ǆ',
  'é',
  'ﷺ',
  'ẞ',
  'ŉ',
  'ǰ',
  'և',
  '🙂',
  ' ',
  '-',
  "'",
  '1',
])
const name = fc.array(fc.constantFrom(...letters), { maxLength: 30 }).map((parts) => parts.join(''))
const invisible = fc.constantFrom('\u200b', '\u200c', '\u200d', '\ufeff', '\u00ad', '\u200e', '\u2066', '\u2069', '\u202e')

it('finds a name by any normal form and case of it', () => {
  fc.assert(
    fc.property(name, (text) => {
      for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) expect(foldName(text.normalize(form))).toBe(foldName(text))
      for (const cased of [
        text.toUpperCase(),
        text.toLowerCase(),
        text.toLocaleUpperCase('tr'),
        text.toLocaleLowerCase('tr'),
        text.toLocaleLowerCase('lt'),
      ])
        expect(foldName(cased)).toBe(foldName(text))
    }),
  )
})

it('finds a name by what was pasted with invisible characters in it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...'abcäß李ж'), fc.option(invisible, { nil: '' }))), (parts) => {
      expect(foldName(parts.flat().join(''))).toBe(foldName(parts.map(([char]) => char).join('')))
    }),
  )
})

it('finds a name by any part of it that ends between letters', () => {
  fc.assert(
    fc.property(name, name, name, (before, part, after) => {
      expect(foldName(before + part + after)).toContain(foldName(part))
    }),
  )
})

it('folds what is folded to itself, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
      const once = foldName(text)
      expect(foldName(once)).toBe(once)
    }),
    { numRuns: 2_000 },
  )
})

it('folds every letter as it folds its other cases and forms', () => {
  const differ: string[] = []
  for (let code = 0; code < 0x110000; code++) {
    const char = String.fromCodePoint(code)
    if (!/\p{L}/u.test(char)) continue
    const forms = [char.toUpperCase(), char.toLowerCase(), char.normalize('NFD'), char.normalize('NFKD')]
    if (forms.some((form) => foldName(form) !== foldName(char))) differ.push(char)
  }
  // An iota below a Greek letter is a mark, and a letter of its own in capitals.
  expect(differ.filter((char) => !char.normalize('NFD').includes('\u0345'))).toEqual([])
})
