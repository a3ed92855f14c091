import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BrowserRig, type Entered, startBrowserRig } from '../../gateway/browser-rig.ts'
import { codeOf, expectRefusal } from '../../gateway/rig.ts'

let rig: BrowserRig
let entered: Entered
let another: Entered
beforeAll(async () => {
  // Two views at once: each is the other's hostile neighbor.
  rig = await startBrowserRig({ gateway: 'browser_origin_is_public_suffix: true' })
  entered = await rig.enter({ scopes: ['reports:read', 'reports:write'] })
  another = await rig.enter({ tenant_id: 'ten_b' })
})
afterAll(() => rig?.close())
beforeEach(() => rig.upstream.forget())

const fetched = (site: string, ...more: string[]) => [`Sec-Fetch-Site: ${site}`, 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', ...more]
const image = (site: string, ...more: string[]) => [`Sec-Fetch-Site: ${site}`, 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image', ...more]

describe('WB-2 a request to a view from a page that is not its own', () => {
  it.each<[string, (from: { evil: string }) => string[]]>([
    ['a fetch of another site', ({ evil }) => fetched('cross-site', `Origin: ${evil}`, `Referer: ${evil}/`)],
    ['an image of another site', ({ evil }) => image('cross-site', `Referer: ${evil}/`)],
    ['an image of a page that hides where it is', () => image('cross-site')],
    ['an image of a sister tab, another view', ({ evil }) => image('same-site', `Referer: ${evil}/`)],
    ['a sister tab that hides where it is', () => image('same-site')],
    ['a fetch of a page without an origin', () => fetched('cross-site', 'Origin: null')],
    ['an address that a person typed', () => ['Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']],
    ['a browser that does not say', () => []],
    ['one that says a part of it', () => ['Sec-Fetch-Site: same-origin']],
    ['a script with an Origin that is not its own', ({ evil }) => fetched('same-origin', `Origin: ${evil}`)],
    ['an origin that only begins like it', () => fetched('cross-site', `Origin: ${entered.origin}.evil.example`)],
    ['an origin of another scheme', () => fetched('cross-site', `Origin: ${entered.origin.replace('https', 'http')}`)],
    ['a Referer that only holds it', () => image('cross-site', `Referer: https://evil.example/?${entered.origin}/`)],
  ])('is refused on the record of its session: %s', async (_, headers) => {
    for (const evil of ['https://evil.example', another.origin]) {
      for (const first of ['GET /v1/reports', 'POST /v1/reports']) {
        const lines = first.startsWith('POST') ? ['Content-Type: text/plain', 'Content-Length: 2'] : []
        const answer = await rig.fetch(entered, first, [...headers({ evil }), ...lines], lines.length > 0 ? '{}' : '')
        if (headers({ evil }).includes('Sec-Fetch-Mode: navigate')) {
          expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
          continue
        }
        await expectRefusal(rig, answer, 'cross_site', entered.session)
        expect(answer.headers.has('access-control-allow-origin')).toBe(false)
      }
    }
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('WB-2 the product is shown in no tab of its own: a page of ours says so', async () => {
    const headers = ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']
    for (const path of ['/v1/reports', '/.countersign/enter', '/']) {
      const answer = await rig.fetch(entered, `GET ${path}`, headers)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
      expect(answer.body).toContain('shown only inside the console')
      const [event] = await rig.events({ request_id: answer.headers.get('x-request-id') ?? '' })
      expect(event).toMatchObject({ code: 'outside_frame', session_id: entered.session.id })
    }
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['https://evil.example', 'null'])('a preflight of another origin gets no permission: %s', async (origin) => {
    const lines = [`Origin: ${origin}`, 'Access-Control-Request-Method: GET', ...fetched('cross-site')]
    const answer = await rig.fetch(entered, 'OPTIONS /v1/reports', lines)
    await expectRefusal(rig, answer, 'cross_site', entered.session)
    const other = await rig.fetch(entered, 'OPTIONS /v1/reports', [`Origin: ${another.origin}`, ...lines.slice(1)])
    expect(codeOf(other)).toBe('cross_site')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('no service worker is installed', async () => {
    for (const headers of [
      ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: same-origin', 'Sec-Fetch-Dest: serviceworker', 'Service-Worker: script'],
      fetched('same-origin', 'Service-Worker: script'),
    ])
      await expectRefusal(rig, await rig.fetch(entered, 'GET /v1/reports', headers), 'header_refused', entered.session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
