import { isTarget } from '@countersign/contract/target.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapLinks } from '../../server/src/gateway/link.ts'
import { mapAddress } from '../../server/src/gateway/map-address.ts'
import { addressOf, productOf } from '../../server/src/gateway/product.ts'
import { resolveReference } from '../../server/src/gateway/resolve.ts'
import { share } from '../support/long.ts'

const product = productOf({
  upstream: 'https://api.product.example/api',
  upstreams: { app: 'https://app.product.example', v2: 'https://api.product.example/api/v2', local: 'http://10.0.0.7:8080' },
  upstream_audience: 'api',
  upstream_audiences: {},
  upstream_aliases: { local: ['https://public.product.example/shop'] },
})
const bases: Record<string, string> = {
  default: 'https://gw.example',
  app: 'https://app.gw.example',
  v2: 'https://v2.gw.example',
  local: 'http://l.gw.example:81',
}
const map = (reference: string, name = 'default', target = '/reports/7?page=1') =>
  mapAddress({ product, address: addressOf(product, name), target, publicBase: (upstream) => bases[upstream] }, reference)

describe('resolveReference', () => {
  // RFC 3986, sections 5.4.1 and 5.4.2, as far as they are http.
  const examples: Record<string, string> = {
    g: '/b/c/g',
    './g': '/b/c/g',
    'g/': '/b/c/g/',
    '/g': '/g',
    '?y': '/b/c/d;p?y',
    'g?y': '/b/c/g?y',
    '#s': '/b/c/d;p?q#s',
    'g#s': '/b/c/g#s',
    'g?y#s': '/b/c/g?y#s',
    ';x': '/b/c/;x',
    'g;x=1/../y': '/b/c/y',
    '.': '/b/c/',
    './': '/b/c/',
    '..': '/b/',
    '../': '/b/',
    '../g': '/b/g',
    '../..': '/',
    '../../g': '/g',
    '../../../g': '/g',
    '/./g': '/g',
    '/../g': '/g',
    'g.': '/b/c/g.',
    '..g': '/b/c/..g',
    './g/.': '/b/c/g/',
    'g/../h': '/b/c/h',
    'g?y/./x': '/b/c/g?y/./x',
    'g#s/../x': '/b/c/g#s/../x',
  }
  it.each(Object.entries(examples))('resolves %j as RFC 3986 says', (reference, expected) => {
    const { path, query, fragment } = resolveReference(reference, { authority: 'a', target: '/b/c/d;p?q' }) ?? {}
    expect(`${path}${query === undefined ? '' : `?${query}`}${fragment === undefined ? '' : `#${fragment}`}`).toBe(expected)
  })
})

describe('GW-11 an address of the product', () => {
  it.each([
    ['/api/reports/8', 'https://gw.example/reports/8'],
    ['8', 'https://gw.example/reports/8'],
    ['../members', 'https://gw.example/members'],
    ['?page=2', 'https://gw.example/reports/7?page=2'],
    ['?page[number]=2&page[size]=10', 'https://gw.example/reports/7?page[number]=2&page[size]=10'],
    ['/api/r%c3%a9sum%c3%a9?q=%7e', 'https://gw.example/r%C3%A9sum%C3%A9?q=~'],
    // As they come from the wire: one character a byte.
    [Buffer.from('/api/résumé?q=a b').toString('latin1'), 'https://gw.example/r%C3%A9sum%C3%A9?q=a%20b'],
    ['#done', 'https://gw.example/reports/7?page=1#done'],
    ['/api/reports/8#/row?3', 'https://gw.example/reports/8#/row?3'],
    ['HTTPS://API.Product.Example/api/x', 'https://gw.example/x'],
    ['https://api.product.example:443/api/x', 'https://gw.example/x'],
    ['https://api.product.example:/api/x', 'https://gw.example/x'],
    ['http://api.product.example/api/x', 'https://gw.example/x'],
    ['http://api.product.example:80/api/x', 'https://gw.example/x'],
    ['//api.product.example/api/x', 'https://gw.example/x'],
    ['https://api.product.example/api/v2/x?a=b', 'https://v2.gw.example/x?a=b'],
    ['https://app.product.example', 'https://app.gw.example/'],
    ['https://app.product.example?tab=1', 'https://app.gw.example/?tab=1'],
    ['https://app.product.example/settings#team', 'https://app.gw.example/settings#team'],
    ['http://10.0.0.7:8080/x', 'http://l.gw.example:81/x'],
    ['https://public.product.example/shop/x', 'http://l.gw.example:81/x'],
  ])('%j leads the caller to %s', (reference, expected) => {
    expect(map(reference)).toBe(expected)
  })

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '///evil.example/api/x',
    '/\\evil.example',
    '\\\\evil.example',
    'https:/\\evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example/',
    'https://api.product.example@evil.example/',
    'https://user@api.product.example/api/x',
    'https://api.product.example:80443/api/x',
    'https://api.product.example:8443/api/x',
    'https://api.product.example.evil.example/api/x',
    'https://api.product.example%2eevil.example/api/x',
    'https://api.product.example%00.evil.example/api/x',
    'https://api.product.example\\.evil.example/api/x',
    'https://evil.example\\@api.product.example/api/x',
    'https://evil.example#@api.product.example/api/x',
    'https://api.product.example/',
    'https://api.product.example/apix',
    '/login',
    '/api/../login',
    '/api//evil.example',
    '/api/%2e%2e/login',
    '/api/..%2flogin',
    'javascript:alert(1)',
    'JavaScript://api.product.example/api/%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://api.product.example/api/x',
    'mailto:a@b.example',
    '/api/x\r\nSet-Cookie: a=1',
    '/api/<script>',
    '/api/"x',
    '',
  ])('%j leads elsewhere', (reference) => {
    expect(map(reference)).toBeUndefined()
  })

  it('whatever the product sends, what comes out is one of our addresses and a target that is judged like any', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        '\\',
        '?',
        '#',
        ':',
        '@',
        '.',
        '..',
        '%2e',
        '%2F',
        '%5C',
        '%C3%A9',
        ' ',
        'é',
        '\t',
        '\u2028',
        '[',
        ']',
        'https:',
        'http:',
        'x',
      ],
      ...[
        '//',
        'api.product.example',
        'evil.example',
        'app.product.example',
        '/api',
        '/v2',
        '10.0.0.7:8080',
        'javascript:',
        '&',
        '=',
        ';',
        '\0',
      ],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const mapped = map(pieces.join(''))
        if (mapped === undefined) return true
        const base = Object.values(bases).find((own) => mapped.startsWith(`${own}/`))
        return base !== undefined && new URL(mapped).origin === base && isTarget(mapped.slice(base.length).split('#', 1)[0] as string)
      }),
      { numRuns: share(50_000) },
    )
  })
})

describe('a Link header', () => {
  it('has each of its addresses mapped, and none that leads elsewhere', () => {
    const header =
      '<?page=2>; rel="next", </api/reports?page=9>; rel=last; title="a, \\"b\\" <c>",<https://evil.example/x>; rel=preload, <https://app.product.example/help>;rel="help"'
    expect(mapLinks(header, (reference) => map(reference))).toBe(
      '<https://gw.example/reports/7?page=2>; rel="next", <https://gw.example/reports?page=9>; rel=last; title="a, \\"b\\" <c>", <https://app.gw.example/help>;rel="help"',
    )
  })

  it.each([
    '<https://evil.example>; rel=preload',
    'nonsense',
    '</api/x>; rel="next',
    '</api/x> rel=next',
    '</api/x>; rel=next; anchor="https://evil.example/"',
  ])('of which nothing is left is left out: %s', (header) => {
    expect(mapLinks(header, (reference) => map(reference))).toBeUndefined()
  })

  it('is read in linear time', () => {
    const started = performance.now()
    mapLinks(`</api/x>${' ;'.repeat(8_000)} "`, (reference) => map(reference))
    mapLinks(`${' ,'.repeat(8_000)}x`, (reference) => map(reference))
    mapLinks(`</api/x>; a="${'\\"'.repeat(8_000)}`, (reference) => map(reference))
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})
