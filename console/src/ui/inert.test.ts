import { expect, it } from 'vitest'
import { isPlain, type Piece, splitInert } from './inert.ts'

const show = (pieces: Piece[]) => pieces.map((piece) => (piece.kind === 'text' ? piece.text : `[${piece.label}]`)).join('')

it('leaves ordinary text of any script as it is', () => {
  for (const text of ['Globex', 'Žluťoučký kůň', '株式会社グローベックス', 'شركة غلوبكس', 'Ωμέγα', 'ग्लोबेक्स', 'a b']) {
    expect(isPlain(text)).toBe(true)
    expect(splitInert(text)).toEqual([{ kind: 'text', text }])
  }
})

it('shows direction overrides instead of obeying them', () => {
  expect(show(splitInert('\u202Egpj.exe'))).toBe('[202E]gpj.exe')
  expect(show(splitInert('a\u2066b\u2069c'))).toBe('a[2066]b[2069]c')
})

it('shows what takes no room', () => {
  expect(show(splitInert('ad\u200bmin\u00ad\ufeff'))).toBe('ad[200B]min[00AD][FEFF]')
  expect(show(splitInert('\u3164'))).toBe('[3164]')
  expect(show(splitInert('a\u034fb\u180bc'))).toBe('a[034F]b[180B]c')
  expect(show(splitInert('\u{e0041}'))).toBe('[E0041]')
})

it('shows joiners where they join, and marks them where they do not', () => {
  for (const text of ['می‌خواهم', 'ශ්‍රී ලංකා', '👨‍👩‍👧', '❤️', '🏴󠁧󠁢󠁳󠁣󠁴󠁿']) expect(show(splitInert(text))).toBe(text)
  expect(show(splitInert('ad\u200dmin'))).toBe('ad[200D]min')
  expect(show(splitInert('a\u200cb می\u200cخ'))).toBe('a[200C]b می\u200cخ')
})

it('shows controls, so that escape sequences are only letters', () => {
  expect(show(splitInert('\x1b]8;;http://evil\x07x'))).toBe('[001B]]8;;http://evil[0007]x')
  expect(isPlain('\x1b[31m')).toBe(false)
})

it('names the mark for those who hover', () => {
  expect(splitInert('\u202E')[0]).toEqual({ kind: 'mark', label: '202E', name: 'U+202E right-to-left override' })
})

it('cuts piles of combining marks and says how many', () => {
  const pieces = splitInert(`e${'\u0301'.repeat(100)}x`)
  expect(show(pieces)).toBe(`e${'\u0301'.repeat(4)}[+96]x`)
})
