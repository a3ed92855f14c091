import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { finished, pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newHtmlRewriter, type Rewrite } from '../../server/src/gateway/browser/html.ts'

const here = 'https://aaa.view.example'
const map = (reference: string): string | undefined => {
  const url = URL.parse(reference, 'https://app.product.example')
  if (url?.host === 'app.product.example') return `${here}${url.pathname}${url.search}${url.hash}`
  return url?.host === 'api.product.example' ? `https://aaa-api.view.example${url.pathname}${url.search}` : undefined
}

/** What becomes of a document that comes in these pieces. */
const rewrite = async (pieces: readonly (string | Buffer)[], more: Partial<Rewrite> = {}): Promise<string> => {
  const rewriter = newHtmlRewriter({ map, hasBase: false, charset: 'utf-8', ...more })
  const chunks = pieces.map((piece) => Buffer.from(piece as string))
  const [, out] = await Promise.all([
    pipeline(Readable.from(chunks), rewriter, { end: true }).catch((error) => Promise.reject(error)),
    text(rewriter),
  ])
  return out
}

describe('the product’s own addresses in a page', () => {
  it.each([
    ['<a href="https://app.product.example/x?a=1&amp;b=2#c">', `<a href="${here}/x?a=1&amp;b=2#c">`],
    ["<a class=x href='//app.product.example/x' id=y>", `<a class=x href="${here}/x" id=y>`],
    ['<A HREF=https://app.product.example/x>', `<A href="${here}/x">`],
    ['<a href=" \nhttps://app.product.example/x\t">', `<a href="${here}/x">`],
    ['<a href="https&#58;//app.product.example/x">', `<a href="${here}/x">`],
    [
      '<img src="https://api.product.example/i.png" alt="https://app.product.example/">',
      '<img src="https://aaa-api.view.example/i.png" alt="https://app.product.example/">',
    ],
    [
      '<form action="https://app.product.example/save"><button formaction="https://api.product.example/v">',
      `<form action="${here}/save"><button formaction="https://aaa-api.view.example/v">`,
    ],
    ['<video poster="https://app.product.example/p.jpg">', `<video poster="${here}/p.jpg">`],
    ['<base href="https://app.product.example/deep/">', `<base href="${here}/deep/">`],
    [
      '<img srcset="https://app.product.example/a.png 1x, /b.png 2x,https://api.product.example/c,d.png 3x">',
      `<img srcset="${here}/a.png 1x, /b.png 2x,https://aaa-api.view.example/c,d.png 3x">`,
    ],
    [
      '<meta http-equiv="refresh" content="5; url=https://app.product.example/x">',
      `<meta http-equiv="refresh" content="5; url=${here}/x">`,
    ],
    ['<meta http-equiv=Refresh content="0;URL=\'https://app.product.example/x\'">', `<meta http-equiv=Refresh content="0;URL=${here}/x">`],
    ['<svg><use xlink:href="https://app.product.example/s.svg#a"/></svg>', `<svg><use xlink:href="${here}/s.svg#a"/></svg>`],
    ['<link rel=preload imagesrcset="https://app.product.example/a 1x">', `<link rel=preload imagesrcset="${here}/a 1x">`],
    ['<a href="https://app.product.example/é">', `<a href="${here}/%C3%A9">`],
    ['<a target=_blank href=/x><a target="_TOP">', '<a target="_self" href=/x><a target="_self">'],
    ['<meta http-equiv="Content-Security-Policy" content="default-src \'none\'"><p>', '<p>'],
  ])('lead to the view: %s', async (page, expected) => {
    expect(await rewrite([page])).toBe(expected)
    // However it is cut.
    expect(await rewrite([...Buffer.from(page)].map((byte) => Buffer.from([byte])))).toBe(expected)
  })

  it.each([
    '<a href="/x"><a href="x"><a href="?a"><a href="#b"><a href="mailto:a@b.example"><a href="javascript:f()">',
    '<a href="https://elsewhere.example/x"><img src="data:image/png;base64,AAAA">',
    '<a href="https://app.product.example.evil.example/">',
    '<script>const a = "<a href=\\"https://app.product.example/\\">"</script>',
    '<textarea><a href="https://app.product.example/"></textarea>',
    '<!-- <a href="https://app.product.example/"> --><![CDATA[x]]><?php x ?>',
    '<p title=a title=b>\r\n&nbsp;&bogus; \0 <>< a></p></br><br/></script>',
  ])('everything else stays as it came: %s', async (page) => {
    expect(await rewrite([page])).toBe(page)
  })

  it('below a path of its host, addresses from the root are mapped too', async () => {
    const below = (reference: string) => (reference.startsWith('/app/') ? `${here}${reference.slice(4)}` : undefined)
    expect(await rewrite(['<a href="/app/x"><a href="/other"><a href="x">'], { map: below, hasBase: true })).toBe(
      `<a href="${here}/x"><a href="/other"><a href="x">`,
    )
  })

  it('a document is never changed but for its addresses, whatever it holds and however it is cut', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<a href=x>',
        '<p',
        ' b="c"',
        '>',
        '<!--',
        '-->',
        '<script>',
        '</script>',
        '<svg>',
        '</svg>',
        '<![CDATA[',
        ']]>',
        '&amp;',
        '\r\n',
        '\0',
        '<pre>\n',
        '<textarea>',
        '</textarea>',
        '<!doctype html>',
        "='",
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const page = Buffer.from(pieces.join(''))
        const whole = Buffer.concat([page, Buffer.from('-->"\'></script></textarea>]]></svg>')])
        const out = await rewrite([...pieces.map((part) => Buffer.from(part)), '-->"\'></script></textarea>]]></svg>'])
        expect(out).toBe(whole.toString())
      }),
      { numRuns: 500 },
    )
  })

  it('is not kept in memory, however long it is; a tag that never ends is refused', async () => {
    const rewriter = newHtmlRewriter({ map: () => undefined, hasBase: false, charset: undefined })
    const line = Buffer.from(`<p class="x"><a href="https://app.product.example/x">${'text '.repeat(300)}</a></p>\n`)
    let [sent, got, lag] = [0, 0, 0]
    rewriter.on('data', (chunk: Buffer) => {
      got += chunk.length
    })
    for (let i = 0; i < 3_000; i++) {
      sent += line.length
      await new Promise((resolve) => rewriter.write(line, resolve))
      lag = Math.max(lag, sent - got)
    }
    expect(sent).toBeGreaterThan(4_500_000)
    // What has come is passed on but for the tag or the text under way.
    expect(lag).toBeLessThan(100_000)
    rewriter.end()
    await finished(rewriter)
    expect(got).toBe(sent)
    const texts = ['<p>', '<script>', '<textarea>', '<p>&', '<!doctype html><p>'].map(async (start) => {
      const piece = Buffer.alloc(64_000, '{"a":"<b>"},')
      const long = newHtmlRewriter({ map: () => undefined, hasBase: false, charset: undefined })
      let [out, behind] = [0, 0]
      long.on('data', (chunk: Buffer) => {
        out += chunk.length
      })
      long.write(start)
      for (let i = 1; i <= 100; i++) {
        await new Promise((resolve) => long.write(piece, resolve))
        behind = Math.max(behind, i * piece.length - out)
      }
      expect([start, behind < 200_000]).toEqual([start, true])
      long.destroy()
    })
    await Promise.all(texts)
    const endless = [...Array(100)].map(() => Buffer.alloc(64_000, 'x'))
    await expect(rewrite(['<a title="', ...endless])).rejects.toMatchObject({ code: 'upstream_refused' })
    await expect(rewrite(['<!--', ...endless])).rejects.toMatchObject({ code: 'upstream_refused' })
  })

  it.each([
    ['windows-1252', '<a href="https://app.product.example/\xe9">\xe9\x80', `<a href="${here}/%C3%A9">\xe9\x80`],
    ['shift_jis', '<p>\x83\x5c<a href="https://app.product.example/x">', `<p>\x83\x5c<a href="${here}/x">`],
    ['no-such-charset', '<a href="https://app.product.example/x">', `<a href="${here}/x">`],
  ])('is read in the character set that it declares: %s', async (charset, page, expected) => {
    const rewriter = newHtmlRewriter({ map, hasBase: false, charset })
    rewriter.end(Buffer.from(page, 'latin1'))
    const chunks: Buffer[] = []
    for await (const chunk of rewriter) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString('latin1')).toBe(expected)
  })

  it('one that cannot be read as bytes is refused', async () => {
    for (const charset of ['utf-16le', 'utf-16', 'iso-2022-jp'])
      expect(() => newHtmlRewriter({ map, hasBase: false, charset })).toThrow(/character set/)
    await expect(rewrite([Buffer.from('\ufeff<p>', 'utf16le')], { charset: undefined })).rejects.toMatchObject({ code: 'upstream_refused' })
  })
})
