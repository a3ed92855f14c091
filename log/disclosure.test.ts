import { describe, expect, it } from 'vitest'
import { conceal, digestOf, formatDisclosure, judgeDisclosures, parseDisclosure, reveal } from './disclosure.ts'
import { canonicalForm } from './entry.ts'
import { sha256 } from './sha256-node.ts'

describe('the form of a disclosure', () => {
  it('M3 has the digest of the example in RFC 9901 §4.2', () => {
    const disclosure = 'WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0'
    expect(digestOf(sha256, disclosure)).toBe('uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY')
  })

  it('is base64url of the JSON array of salt, name and value', () => {
    const text = formatDisclosure({ salt: '_26bc4LT-ac6q2KI6cBW5w', name: 'family_name', value: '"Möbius"' })
    expect(Buffer.from(text, 'base64url').toString()).toBe('["_26bc4LT-ac6q2KI6cBW5w","family_name","Möbius"]')
    expect(text).not.toMatch(/[+/=]/)
    expect(parseDisclosure(text)).toEqual({ name: 'family_name', value: 'Möbius' })
  })

  it.each([
    ['no base64url', '####'],
    ['another spelling of the same bytes', 'W10='],
    ['no JSON', Buffer.from('["a').toString('base64url')],
    ['two members', Buffer.from('["AAAAAAAAAAAAAAAAAAAAAA","a"]').toString('base64url')],
    ['a short salt', Buffer.from('["AAAA","a",1]').toString('base64url')],
    ['a salt with bits to spare', Buffer.from('["AAAAAAAAAAAAAAAAAAAAAB","a",1]').toString('base64url')],
  ])('refuses %s', (_, text) => {
    expect(() => parseDisclosure(text)).toThrow(expect.objectContaining({ code: 'malformed_disclosure' }))
  })
})

const salts = ['AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg', 'AAAAAAAAAAAAAAAAAAAAAw'] as const
const one = (at: 0 | 1 | 2 | 3, name: string, value: unknown) => formatDisclosure({ salt: salts[at], name, value: JSON.stringify(value) })
const email = one(0, 'actor.email', 'rob@x')
const query = one(1, 'details.query', 'eve')
const entry = {
  action: 'USER.SEARCHED',
  actor: { id: 'stf_1', kind: 'staff' },
  erasable: { 'actor.email': digestOf(sha256, email), 'details.query': digestOf(sha256, query) },
}

describe('an entry and its event', () => {
  const whole = { action: 'USER.SEARCHED', actor: { id: 'stf_1', kind: 'staff', email: 'rob@x' }, details: { query: 'eve' } }

  it('has the values in place, and is the same entry again', () => {
    const { values } = judgeDisclosures(sha256, entry, [query, email])
    const { event, erased } = reveal(entry, (path) => values.get(path))
    expect([event, erased]).toEqual([whole, []])
    expect(canonicalForm(conceal({ ...event, erasable: entry.erasable }))).toBe(canonicalForm(entry))
  })

  it('M3 names what is absent, and is the same entry still', () => {
    const { event, erased } = reveal(entry, (path) => (path === 'actor.email' ? 'rob@x' : undefined))
    expect(erased).toEqual(['details.query'])
    expect(event).toEqual({ action: 'USER.SEARCHED', actor: whole.actor })
    expect(canonicalForm(conceal({ ...event, erasable: entry.erasable }))).toBe(canonicalForm(entry))
  })
})

describe('M3 AU-2 disclosures that are not those of the entry', () => {
  const faultsOf = (...given: string[]) => judgeDisclosures(sha256, entry, given).faults

  it('takes the right ones in any order', () => {
    expect(faultsOf(query, email)).toEqual([])
    expect([...judgeDisclosures(sha256, entry, [email]).missing.keys()]).toEqual(['details.query'])
  })

  it.each([
    ['a changed value', [one(1, 'details.query', 'mallory')], /details\.query is not the one/],
    ['the same value with another salt', [one(2, 'details.query', 'eve')], /details\.query is not the one/],
    ['one of another entry', [one(2, 'reason', 'because')], /A disclosure of reason belongs to another entry/],
    ['two of one member', [email, email], /two disclosures of actor\.email/],
    ['no disclosure at all', ['x'], /not a disclosure/],
  ])('names %s', (_, given, fault) => {
    expect(faultsOf(...given)).toEqual([expect.stringMatching(fault)])
  })

  it('names two that were swapped', () => {
    const swapped = {
      ...entry,
      erasable: { 'actor.email': entry.erasable['details.query'], 'details.query': entry.erasable['actor.email'] },
    }
    expect(judgeDisclosures(sha256, swapped, [email, query]).faults).toEqual([
      'The disclosure of details.query gives actor.email.',
      'The disclosure of actor.email gives details.query.',
    ])
  })
})
