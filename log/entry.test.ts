import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { share } from '../test/support/long.ts'
import { describeVectors } from '../test/support/vectors.ts'
import { lookPlainly } from './canonical.ts'
import { canonicalForm, leafOf, parseEntry } from './entry.ts'
import { sha256 as plainSha256 } from './sha256.ts'
import { sha256 } from './sha256-node.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describeVectors('json-canonicalization', 'M2 canonical form (RFC 8785), as others publish it', (folder) => {
  it.each(['arrays', 'french', 'structures', 'unicode', 'values', 'weird'])('agrees with the published file %s', (name) => {
    const read = (path: string) => readFileSync(join(folder, path))
    const expected = read(`output/${name}.json`).toString('utf8')
    const form = canonicalForm(JSON.parse(read(`input/${name}.json`).toString('utf8')))
    expect(form).toBe(expected)
    const hex = read(`outhex/${name}.txt`).toString('utf8').replaceAll(/\s/g, '')
    expect(Buffer.from(form).toString('hex')).toBe(hex)
    expect(parseEntry(bytes(expected))).toEqual(JSON.parse(expected))
  })
})

describe('M2 canonical form (RFC 8785)', () => {
  it.each([
    ['a space', '{"a": 1}'],
    ['members out of order', '{"b":1,"a":2}'],
    ['members out of order deeper', '[{"b":{"d":1,"c":2}}]'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a needless escape', '{"a":"\\u0041"}'],
    ['an upper-case escape', '{"a":"\\u001F"}'],
    ['an escaped slash', '{"a":"\\/"}'],
    ['a number with a zero too many', '{"a":1.0}'],
    ['minus zero', '{"a":-0}'],
    ['a number beyond a double', '{"a":9007199254740993}'],
    ['an exponent that is not needed', '{"a":1e2}'],
    ['a zero too many after the point', '{"a":2.50}'],
    ['a point and nothing after it', '{"a":2.}'],
    ['a point and nothing before it', '{"a":.5}'],
    ['a leading zero before a point', '{"a":01.5}'],
    ['more digits than a double keeps', '{"a":0.30000000000000004441}'],
    ['a small number without its exponent', '{"a":0.0000001}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['integer names in the order of numbers', '{"9":1,"10":1}'],
    ['a line break at the end', '{}\n'],
    ['a byte order mark', '\ufeff{}'],
    ['no JSON', '{a}'],
    ['nothing', ''],
    ['a comma too many', '{"a":1,}'],
    ['a comma too few', '[1 2]'],
    ['no closing bracket', '[1'],
    ['no closing quote', '"a'],
    ['a word too many', 'truefalse'],
    ['a word cut off', 'tru'],
    ['a leading zero', '[01]'],
    ['a lone minus', '[-]'],
    ['a plus', '[+1]'],
    ['a control character', '"\u0001"'],
    ['a short escape written long', '"\\u000a"'],
    ['a needless escape of a letter', '"\\a"'],
    ['an empty name twice', '{"":1,"":1}'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseEntry(bytes(text))).toThrow(expect.objectContaining({ code: 'not_canonical' }))
  })

  it('accepts integer names in the order of their characters', () => {
    expect(parseEntry(bytes('{"10":1,"9":1}'))).toEqual({ 10: 1, 9: 1 })
  })

  it('parses what it formats, and the leaf is that of the text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const form = canonicalForm(value)
        expect(canonicalForm(parseEntry(bytes(form)))).toBe(form)
        if (typeof value === 'object' && value !== null) expect(leafOf(sha256, value)).toEqual(leafOf(sha256, form))
      }),
    )
  })
})

describe('the quick look at the form', () => {
  it('passes what an event is made of', () => {
    const event = {
      a: [],
      b: {},
      c: [1, -20, 0, 2.3, -0.5, 1204.000001, null, true, false],
      d: 'Zoë \u202e\ud83d\ude00',
      e: { 'a b': '"\\\n\u0001', a: '' },
    }
    expect(lookPlainly(bytes(canonicalForm(event)))).toBeDefined()
  })

  // It may leave anything to the slow way, but what it passes must be canonical, whatever was changed.
  it('never passes a text that the slow way would refuse', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"b"',
      '"":',
      '1',
      '0',
      '-',
      '.5',
      'e1',
      'null',
      ' ',
      '\\u001f',
      '\\n',
      '\u00e9',
      '\ud800',
    )
    const changed = fc.tuple(fc.jsonValue(), fc.nat(), fc.nat({ max: 2 }), pieces).map(([value, place, cut, piece]) => {
      const form = canonicalForm(value)
      const at = place % (form.length + 1)
      return `${form.slice(0, at)}${piece}${form.slice(at + cut)}`
    })
    const check = (entry: Uint8Array) => {
      if (!lookPlainly(entry)) return
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(entry)
      expect(canonicalForm(JSON.parse(text))).toBe(text)
    }
    fc.assert(
      fc.property(
        fc.oneof(
          changed,
          fc.array(pieces, { maxLength: 8 }).map((list) => list.join('')),
        ),
        (text) => check(bytes(text)),
      ),
      { numRuns: share(20_000) },
    )
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.nat({ max: 255 }), (value, place, byte) => {
        const entry = bytes(canonicalForm(value))
        entry[place % entry.length] = byte
        check(entry)
      }),
      { numRuns: share(20_000) },
    )
  })
})

describe('SHA-256 in plain code', () => {
  it('agrees with node:crypto for every length up to three blocks and any bytes', () => {
    for (let length = 0; length <= 200; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + length) % 256)
      expect(Buffer.from(plainSha256(bytes))).toEqual(sha256(bytes))
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => Buffer.from(plainSha256(bytes)).equals(sha256(bytes))))
  })
})
