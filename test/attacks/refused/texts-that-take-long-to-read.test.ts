import { isOverride } from '@countersign/contract/method-override.ts'
import { decodeWhole, hideSent } from '@countersign/contract/secrets.ts'
import { readTarget } from '@countersign/contract/target.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatCsvRow } from '../../../server/src/csv.ts'
import { newHtmlRewriter } from '../../../server/src/gateway/browser/html.ts'
import { lookForForm } from '../../../server/src/gateway/form-scan.ts'
import { membersOf } from '../../../server/src/gateway/members.ts'
import { type BrowserRig, hostOf, startBrowserRig } from '../../gateway/browser-rig.ts'
import { sendRaw } from '../../support/raw.ts'

// Each of these was read in a time that grows with a power of its length: seconds to hours for one text, while nobody else was served.
const mostMs = 5_000
const timed = async (read: () => unknown): Promise<void> => {
  const began = performance.now()
  await read()
  expect(performance.now() - began).toBeLessThan(mostMs)
}

describe('a head that a stranger sends', () => {
  let rig: BrowserRig
  beforeAll(async () => {
    rig = await startBrowserRig()
  })
  afterAll(() => rig?.close())
  beforeEach(() => rig.upstream.forget())

  it('is refused at once where its Host is nothing but spaces, and the rest too long', async () => {
    await timed(async () => {
      const answer = await sendRaw(rig.port, `GET /.countersign/enter HTTP/1.1\r\nHost:${' '.repeat(4_000)}${'x'.repeat(20_000)}\r\n\r\n`)
      expect(answer?.status).toBe(431)
      expect(answer?.headers.has('clear-site-data')).toBe(false)
    })
  })

  it('still clears the cookies of a view where they are too many', async () => {
    const { origins } = await rig.openView((await rig.open()).session.id)
    const host = hostOf(origins[0]?.origin ?? '').replace(': ', ': \t ')
    const answer = await sendRaw(rig.port, `GET /.countersign/enter HTTP/1.1\r\n${host} \r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect([answer?.status, answer?.headers.get('clear-site-data')]).toEqual([431, '"cookies"'])
  })
})

describe('what a caller sends', () => {
  it('in the name of a member of a query', () => timed(() => expect(isOverride(`_method${'-'.repeat(200_000)}[x]`)).toBe(true)))

  it('in names of tenants in a query, each another one', () =>
    timed(() => {
      const query = (n: number) => Array.from({ length: n }, (_, i) => `${i.toString(36)}.org`).join('&')
      for (let n = 0; n < 100; n++) expect(readTarget(`/v1/reports?${query(1_000)}`)).toMatchObject({ path: '/v1/reports' })
      expect(readTarget(`/v1/reports?${query(9)}&1.ORG`)).toContain('names the tenant twice')
    }))

  it('in the type of a form', () =>
    timed(() => expect(() => lookForForm(`multipart/form-data;${' '.repeat(200_000)}`)).toThrow(/multipart/)))

  it('in a cell of an export', () => timed(() => expect(formatCsvRow(['\n'.repeat(200_000)])).toHaveLength(200_005)))

  it('in escapes, one in the other', () =>
    timed(() => {
      expect(decodeWhole(`css${'%'.repeat(100_001)}${'3'.repeat(100_000)}5Fx`)).toBe('css_x')
      expect(decodeWhole(`css%${'25'.repeat(100_000)}5Fx%2G%`)).toBe('css_x%2G%')
      hideSent(`css_%${'25'.repeat(100_000)}`)
    }))
})

describe('what a product answers, or what its users wrote into it', () => {
  /** Read as the page goes by. */
  const read = async (page: string): Promise<string> => {
    const rewriter = newHtmlRewriter({ map: () => 'mapped', hasBase: false, charset: 'utf-8' })
    rewriter.end(Buffer.from(page))
    return Buffer.concat(await rewriter.toArray()).toString()
  }
  const long = 200_000

  it.each([
    ['commas in place of addresses', `<img srcset="${','.repeat(long)}">`],
    ['spaces in place of addresses', `<img srcset="${' '.repeat(long)}x${' '.repeat(long)}">`],
    ['addresses and commas', `<img srcset="${'a,'.repeat(long)}">`],
    ['an address of spaces', `<a href="x${' '.repeat(long)}x">`],
    ['a refresh of spaces', `<meta http-equiv="refresh" content="${' '.repeat(long)}'a">`],
    ['a refresh of numbers', `<meta http-equiv="refresh" content="${'1 '.repeat(long)}'a'b">`],
    ['a tag of attributes', `<a ${Array.from({ length: 20_000 }, (_, i) => `a${i}`).join(' ')}>`],
  ])('%s', (_, page) => timed(async () => expect(await read(page)).toBe(page)))

  it('elements of SVG in each other are kept by the parser, so there is an end of them', () =>
    timed(() => expect(read('<svg>'.repeat(long))).rejects.toMatchObject({ code: 'upstream_refused' })))

  it('in a list of a header', () => timed(() => expect(membersOf(`a${' '.repeat(200_000)}b ,\tc`)).toHaveLength(2)))
})
