import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTarget } from '../../server/src/gateway/checks/target.ts'
import { share } from '../support/long.ts'
import { traversals } from './traversals.ts'

/** The rule as the security cases state it, in regular expressions: the judge of our own reading of it. */
const segment = /^(?:[A-Za-z0-9._~!$'()*,=:@-]|%[0-9A-F]{2})+$/
const queryText = /^(?:[A-Za-z0-9._~!$'()*,=:@/?&+-]|%[0-9A-F]{2})*$/
const badEncoded = /%(?:20|2E|2F|5C|25|3B|3F|23|7F|[01][0-9A-F]|[89A-F][0-9A-F])/
const needless = /%(?:3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|2D|5F|7E)/
const expected = (target: string): boolean => {
  if (target.length > 2048 || target[0] !== '/') return false
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  if (badEncoded.test(path) || needless.test(path)) return false
  if (path !== '/') {
    const segments = path.slice(1).split('/')
    if (segments.at(-1) === '') segments.pop()
    if (segments.length === 0 || !segments.every((each) => segment.test(each) && each !== '.' && each !== '..')) return false
  }
  if (!queryText.test(query) || /%(?:[01][0-9A-F]|7F)/.test(query)) return false
  try {
    const names = query
      ? query.split('&').map((pair) =>
          decodeURIComponent(pair.split('=')[0] as string)
            .toLowerCase()
            .replace(/\[.*$/s, ''),
        )
      : []
    return new Set(names).size === names.length
  } catch {
    return false
  }
}

describe('isTarget', () => {
  it('GW-1 says the same as the stated rule, over everything that public lists try', () => {
    let admitted = 0
    let all = 0
    for (const traversal of traversals()) {
      const target = `/v1/reports/${traversal}`
      all++
      if (isTarget(target)) admitted++
      if (isTarget(target) !== expected(target)) expect.fail(`disagreement on ${target}`)
      // Whatever is admitted cannot be read as leaving its folder, by the most lenient reader.
      if (isTarget(target)) expect(new URL(target, 'http://h').pathname.startsWith('/v1/reports/')).toBe(true)
    }
    expect(all).toBeGreaterThan(20_000)
    expect(admitted).toBeLessThan(all / 20)
  })

  it('says the same as the stated rule over random targets near the border', () => {
    const piece = fc.constantFrom(
      ...'/.?&=[]%+;:@#\\aZ09-_~ é',
      '..',
      '%2E',
      '%2F',
      '%41',
      '%C3',
      '%A4',
      '%0A',
      '%7F',
      '%5B',
      '%20',
      '%',
      '//',
      'a=',
      'b=',
      'A=',
    )
    const target = fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join('')}`)
    fc.assert(
      fc.property(target, (text) => isTarget(text) === expected(text)),
      { numRuns: share(50_000) },
    )
  })

  it('takes 2,048 characters and no more', () => {
    expect(isTarget(`/${'a'.repeat(2047)}`)).toBe(true)
    expect(isTarget(`/${'a'.repeat(2048)}`)).toBe(false)
  })
})
