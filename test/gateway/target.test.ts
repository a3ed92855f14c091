import { isTarget, targetFault } from '@countersign/contract/target.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { share } from '../support/long.ts'
import { traversals } from './traversals.ts'

/** The rule as the security cases state it, in regular expressions: the judge of our own reading of it. */
const segmentText = /^(?:[A-Za-z0-9._~!$'()*,=:@&+[\]|^-]|%[0-9A-F]{2})+$/i
const queryText = /^(?:[A-Za-z0-9._~!$'()*,=:@/?&+[\]{}|^`-]|%[0-9A-F]{2})*$/i
const badEncoded = /%(?:2E|2F|5C|25|3B|3F|23|7F|[01][0-9A-F])/i
const needless = /%(?:3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|2D|5F|7E)/i
const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
const isSegment = (segment: string): boolean => {
  if (!segmentText.test(segment) || segment === '.' || segment === '..') return false
  if (segment.startsWith('+') || segment.endsWith('+')) return false
  if (!/%(?:20|[89A-F])|\+/i.test(segment)) return true
  const text = decoded(segment.replaceAll('+', ' '))
  if (text === undefined || /[\u0080-\u009f\u2028\u2029⁄∕∖⧵⧸¥₩]/.test(text)) return false
  const folded = text.normalize('NFKC')
  // What normalizing adds to what was there.
  const added =
    [...folded].filter((char) => './\\%;?#:'.includes(char)).length - [...text].filter((char) => './\\%;?#:'.includes(char)).length
  return added === 0 && folded.trim() === folded && !/^[. ]*$/.test(folded)
}
const rootOf = (name: string) => name.toLowerCase().split('[', 1)[0] as string
const isTenant = (name: string) => /(?:^|[^a-z0-9_-])(?:tenant|org)[_-]?(?:id)?(?:$|[^a-z0-9_-])/i.test(name)
const expected = (target: string): boolean => {
  if (target.length > 8192 || target[0] !== '/') return false
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  if (badEncoded.test(path) || needless.test(path)) return false
  if (path !== '/') {
    const segments = path.slice(1).split('/')
    if (segments.at(-1) === '') segments.pop()
    if (segments.length === 0 || !segments.every(isSegment)) return false
  }
  if (!queryText.test(query) || /%(?:0[0-8B-F]|1[0-9A-F]|7F)/i.test(query)) return false
  const names = query === '' ? [] : query.split('&').map((pair) => decoded(pair.split('=')[0] as string))
  if (names.includes(undefined)) return false
  const tenants = (names as string[]).filter(isTenant).map(rootOf)
  return new Set(tenants).size === tenants.length
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
      ...'/.?&=[]%+;:@#\\aZ09-_~ é|{^"<',
      ...[
        '..',
        '.+',
        '%2e',
        '%2f',
        '%c3%a4',
        '%e6%9d%8e',
        '%ef%bc%8e',
        '%0d',
        '%5c',
        '%7e',
        '%2E',
        '%2F',
        '%41',
        '%C3',
        '%A4',
        '%C3%A4',
        '%0A',
        '%0D',
        '%09',
        '%7F',
        '%5B',
        '%20',
        '%',
        '//',
        'a=',
        'b=',
        'A=',
      ],
      ...[
        '%C0%AE',
        '%ED%A0%80',
        '%EF%BC%8E',
        '%EF%BC%8F',
        '%E2%80%A4',
        '%E2%80%8B',
        '%E6%9D%8E',
        '%C2%A0',
        '%C2%85',
        '%C2%A5',
        '%F0%9F%98%80',
      ],
      ...['tenant=', 'TENANT[]=', 'filter[tenant_id]=', 'tags=', 'tags[]=', '&'],
    )
    const target = fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join('')}`)
    fc.assert(
      fc.property(target, (text) => isTarget(text) === expected(text)),
      { numRuns: share(50_000) },
    )
  })

  it('takes 8,192 characters and no more', () => {
    expect(isTarget(`/${'a'.repeat(8191)}`)).toBe(true)
    expect(isTarget(`/${'a'.repeat(8192)}`)).toBe(false)
    expect(isTarget(`/v1/reports?q=${'%20'.repeat(2_700)}`)).toBe(true)
  })

  it.each([
    '/v1/reports?tags=a&tags=b',
    '/v1/reports?tags[]=a&tags[]=b&tags%5B%5D=c',
    '/v1/reports?filter[a]=1&filter[b]=2&page[number]=2&page[size]=50&include=a,b',
    '/v1/reports?filter[tenant_id]=ten_a&filter[name]=x',
    '/v1/reports?payment_method=card&method=x&methods[]=y',
    '/v1/reports?query=%7B%0A%09reports%0A%7D',
    '/v1/reports?a=1&&b=&c&=d&',
    '/v1/files/Annual%20report%20(2026).pdf',
    '/v1/members/%E6%9D%8E%E5%B0%8F%E9%BE%99',
    '/v1/members/Zo%C3%AB%20O%27Hara',
    '/v1/members/%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB',
    '/v1/search?q={a|b}^`[c]`',
    '/v1/members/%e6%9d%8e?name=%e6%9d%8e',
    '/v1/files/Q&A%20[final]|a+b^2.pdf',
  ])('takes what ordinary programs send: %s', (target) => {
    expect(targetFault(target)).toBeUndefined()
  })

  it.each([
    ['/v1/%2e%2e/x', 'Character 5 of the target: %2e is not accepted in a path: programs disagree on what it means.'],
    ['/v1/a%2Fb', 'Character 6 of the target: %2F is not accepted in a path: programs disagree on what it means.'],
    ['/v1/a%5Cb', 'Character 6 of the target: %5C is not accepted in a path: programs disagree on what it means.'],
    ['/v1/a\\b', 'Character 6 of the target: "\\" is not accepted in a path: programs disagree on what it means.'],
    ['/v1/%41', 'Character 5 of the target: write "A" in place of %41.'],
    ['/v1/a%', 'Character 6 of the target: "%" does not begin an escape.'],
    ['/v1?a=5%', 'Character 8 of the target: "%" does not begin an escape; write %25.'],
    ['/v1/a{0}', 'Character 6 of the target: write %7B in place of "{".'],
    ['/v1/..+', 'Character 5 of the target: its segment begins or ends with "+", which some read as a space; write %2B.'],
    ['/v1/.+.', 'Character 5 of the target: its segment has nothing but dots and spaces.'],
    ['/v1?a=1;b=2', 'Character 8 of the target: write %3B in place of ";".'],
    ['/v1?a="b"', 'Character 7 of the target: write %22 in place of """.'],
    ['/v1;x', 'Character 4 of the target: ";" is not accepted in a path: programs disagree on what it means.'],
    ['/v1#top', 'Character 4 of the target: "#" begins a fragment, which is not sent.'],
    ['/v1?a=%0D%0A', 'Character 7 of the target: %0D is not accepted: of control characters only %0A and %09 are.'],
    ['/v1/caf\u00c3\u00a9', 'Character 8 of the target: the byte C3 does not stand in a target as it is; write its UTF-8 percent-encoded.'],
    ['/v1//x', 'Character 5 of the target: an empty segment; write one slash.'],
    ['/v1/../x', 'Character 5 of the target: a segment ".."; write the path that it leads to.'],
    ['/v1/x%20', 'Character 5 of the target: its segment begins or ends with a space.'],
    ['/v1/%C2%A0x', 'Character 5 of the target: its segment begins or ends with a space.'],
    ['/v1/.%20.', 'Character 5 of the target: its segment has nothing but dots and spaces.'],
    ['/v1/%C0%AE', 'Character 5 of the target: its segment is not well-formed UTF-8.'],
    ['/v1/%ED%A0%80', 'Character 5 of the target: its segment is not well-formed UTF-8.'],
    ['/v1/%C2%85', 'Character 5 of the target: its segment has a control character.'],
    ['/v1/%EF%BC%8E%EF%BC%8E', 'Character 5 of the target: its segment has a character that can be read as a separator or a dot.'],
    ['/v1/a%E2%88%95b', 'Character 5 of the target: its segment has a character that can be read as a separator or a dot.'],
    ['/v1?%C3=1', 'Character 5 of the target: a name that is not well-formed UTF-8.'],
    ['/v1?x=1&tenant=a&TENANT[]=a', 'Character 18 of the target: the query names the tenant twice; send it once.'],
    ['/v1?_method=PUT', 'Character 5 of the target: the query names another method.'],
    ['/v1?a&[method=PUT', 'Character 7 of the target: the query names another method.'],
    ['/v1?.method[]=PUT', 'Character 5 of the target: the query names another method.'],
    ['v1', 'Character 1 of the target: a target begins with "/", and is of our own host where it is a whole address.'],
    [`/${'a'.repeat(9000)}`, 'The target has 9001 characters; at most 8192 are accepted.'],
  ])('says what is wrong, where, and what to write instead: %s', (target, detail) => {
    expect(targetFault(target)).toBe(detail)
  })
})
