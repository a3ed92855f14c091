import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createServer as createTls, type Server as TlsServer } from 'node:tls'
import type { View } from '@countersign/contract/views.ts'
import type { Frame } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { securityHeaders } from '../../server/src/http/headers.ts'
import { type BrowserRig, startBrowserRig } from '../gateway/browser-rig.ts'
import { newSelfSigned } from '../support/certificate.ts'
import { type Chromium, openChromium } from '../support/chromium.ts'
import { until } from '../support/until.ts'

/*
 * Real names over TLS: below localhost browsers keep no cookie of a parent domain, and would hide what one view can do to another.
 */

/** What the console does with a frame, and nothing else. */
const script = `
window.frames_ = new Map()
window.enter = (name, origin, path) => new Promise((resolve) => {
  const frame = document.createElement('iframe')
  frame.name = name
  frame.setAttribute('sandbox', 'allow-scripts allow-forms allow-same-origin')
  addEventListener('message', async (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return
    if (event.data.countersign === 'ready') {
      const code = await mint(origin, event.data.browser)
      frame.contentWindow.postMessage({ countersign: 'enter', code, path }, origin)
    }
    resolve(event.data)
  })
  frame.src = origin + '/.countersign/enter'
  document.body.append(frame)
})
`

let rig: BrowserRig
let consoleServer: Server
let tls: TlsServer
let port: number
let chromium: Chromium
/** The sessions of the views by their origins. */
const opened = new Map<string, { view: View; session_id: string; token: string }>()

const listen = (server: Server | TlsServer): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))

beforeAll(async () => {
  tls = createTls(newSelfSigned('view.example', undefined, 'p256'), (socket) => {
    const isConsole = socket.servername === 'console.example'
    const other = connect(isConsole ? (consoleServer.address() as AddressInfo).port : rig.port, '127.0.0.1')
    socket.pipe(other).pipe(socket)
    socket.on('error', () => other.destroy())
    other.on('error', () => socket.destroy())
  })
  port = await listen(tls)
  const browserOrigin = `https://*.view.example:${port}`
  consoleServer = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders(browserOrigin))) response.setHeader(name, value)
    if (request.url === '/console.js') response.setHeader('content-type', 'text/javascript').end(script)
    else
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Console</title><body><script src="/console.js"></script>')
  })
  await listen(consoleServer)
  rig = await startBrowserRig({
    browserOrigin,
    gateway: 'browser_origin_is_public_suffix: true',
    config: `console: { public_url: 'https://console.example:${port}' }`,
  })
  chromium = await openChromium({
    args: [
      '--host-resolver-rules=MAP *.example 127.0.0.1',
      '--ignore-certificate-errors',
      // In place of Playwright's own list, which turns off what people's browsers do: storage apart for each site that frames it.
      '--disable-features=Translate',
    ],
    // Cookies of other sites, which many browsers do not keep: where they are kept, a page can set the most of them.
    storageInFrames: true,
  })
  const { page } = chromium
  await page.exposeFunction('mint', async (origin: string, browser: string) => {
    const { view, session_id } = opened.get(origin) as NonNullable<ReturnType<typeof opened.get>>
    return rig.mint(session_id, view, { origin, browser })
  })
})
afterAll(async () => {
  await chromium?.close()
  await rig?.close()
  tls?.close()
  consoleServer?.close()
})
beforeEach(async () => {
  rig.upstream.forget()
  rig.upstream.answer = (request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><h1>${request.url}</h1><script>window.ran = true</script>`)
  await chromium.page.goto(`https://console.example:${port}/`)
})

const startView = async (input: Parameters<BrowserRig['open']>[0] = {}) => {
  const { session, token } = await rig.open(input)
  const view = await rig.openView(session.id)
  const origin = view.origins[0]?.origin ?? ''
  opened.set(origin, { view, session_id: session.id, token })
  return { session, view, origin, token }
}

let frames = 0
/** Enters a view in a frame of the console's page, and waits for the product's page. */
const showView = async (origin: string, path = '/v1/reports'): Promise<Frame> => {
  const name = `view-${++frames}`
  await chromium.page.evaluate(
    ([name, origin, path]) =>
      void (window as unknown as { enter(...given: string[]): unknown }).enter(name ?? '', origin ?? '', path ?? ''),
    [name, origin, path],
  )
  return await until(async () => {
    const frame = chromium.page.frame({ name })
    return frame?.url() === `${origin}${path}` && (await frame.locator('h1').count()) > 0 ? frame : undefined
  })
}

const setCookies = (frame: Frame, lines: string[]): Promise<void> =>
  frame.evaluate((each) => {
    // biome-ignore lint/suspicious/noDocumentCookie: what a page of any product may do
    for (const line of each) document.cookie = line
  }, lines)

describe('a view in a browser, over TLS', () => {
  it('HD-9 shows the product, whose scripts run and see no cookie of ours; no secret is in an address or a referrer', async () => {
    const { origin, token } = await startView()
    const frame = await showView(origin)
    expect(await frame.evaluate(() => (window as unknown as { ran: boolean }).ran)).toBe(true)
    const seen = await frame.evaluate(() => [document.cookie, document.referrer, location.href, JSON.stringify(history.state)])
    expect(seen[0]).toBe('')
    expect(seen.join(' ')).not.toMatch(/cs[s_]_|cs_view_|cs_seen_/)
    const bytes = rig.upstream.bytes().toString()
    expect(bytes).not.toMatch(/cs_view_|cs_seen_|^cookie:/im)
    expect(bytes).not.toContain(token)
  })

  it('C44 a file to save is said to open nothing, and does not keep the next path from opening', async () => {
    const { origin } = await startView()
    const frame = await showView(origin)
    rig.upstream.answer = (request, response) =>
      request.url === '/v1/reports/file'
        ? response.writeHead(200, { 'content-type': 'application/zip', 'content-disposition': 'attachment' }).end('PK')
        : response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><h1>${request.url}</h1>`)
    const open = (path: string) =>
      chromium.page.evaluate(
        ([name, url]) => document.getElementsByName(name ?? '')[0]?.setAttribute('src', url ?? ''),
        [frame.name(), `${origin}/.countersign/open#${path}`],
      )
    await open('/v1/reports/file')
    await frame.getByText('a view saves nothing').waitFor()
    await open('/v1/reports/next')
    await frame.getByRole('heading', { name: '/v1/reports/next' }).waitFor()
  })

  it('WB-9 what one view stores is not another’s: storage, caches, databases', async () => {
    const [first, second] = [await startView(), await startView({ tenant_id: 'ten_b' })]
    const one = await showView(first.origin)
    const two = await showView(second.origin)
    await one.evaluate(async () => {
      localStorage.setItem('who', 'eve')
      await caches.open('eve').then((cache) => cache.put('/x', new Response('eve')))
      indexedDB.open('eve')
    })
    await setCookies(one, ['who=eve; Secure; SameSite=None; Partitioned'])
    const found = await two.evaluate(async () => [
      localStorage.getItem('who'),
      document.cookie,
      await caches.keys(),
      (await indexedDB.databases()).map(({ name }) => name),
    ])
    expect(found).toEqual([null, '', [], []])
    expect(await one.evaluate(() => document.cookie)).toBe('who=eve')
  })

  it('AN-11 a cookie that a page sets for the whole domain reaches other views, which is why there is one at a time; it opens and hides nothing', async () => {
    const [first, second] = [await startView(), await startView({ tenant_id: 'ten_b' })]
    const one = await showView(first.origin)
    const two = await showView(second.origin)
    const names = ['tossed', '__Host-countersign-view', '__Secure-countersign-view']
    await setCookies(
      one,
      names.map((name) => `${name}=evil; Domain=view.example; Path=/; Secure; SameSite=None; Partitioned`),
    )
    expect(await two.evaluate(() => document.cookie)).toBe('tossed=evil; __Secure-countersign-view=evil')
    rig.upstream.forget()
    expect(await two.evaluate(async () => (await fetch('/v1/reports')).status)).toBe(200)
    expect(rig.upstream.bytes().toString()).not.toMatch(/^cookie:/im)
  })

  it('AN-11 a bomb of cookies for the whole domain does not keep the next view out', async () => {
    const first = await startView()
    const one = await showView(first.origin)
    const bomb = Array.from({ length: 40 }, (_, i) => `bomb${i}=${'x'.repeat(3_900)}; Domain=view.example; Path=/; Secure; SameSite=None`)
    await setCookies(
      one,
      bomb.flatMap((line, i) => [`${line}; Max-Age=9999`, `apart${i}${line}; Partitioned`]),
    )
    const left = await one.evaluate(() => document.cookie.length)
    expect(left).toBeGreaterThan(100_000)
    const second = await startView()
    const two = await showView(second.origin)
    expect(await two.evaluate(() => document.cookie)).toBe('')
    expect(await two.evaluate(async () => (await fetch('/v1/reports')).status)).toBe(200)
  })

  it('WB-2 nothing of the page leaves to another origin, and the page does not leave the frame', async () => {
    const [first, second] = [await startView(), await startView({ tenant_id: 'ten_b' })]
    await showView(second.origin)
    const one = await showView(first.origin)
    const before = (await rig.events({ session_id: second.session.id })).length
    const tried = await one.evaluate(async (other) => {
      const failed = (work: () => unknown) => {
        try {
          return work() === null ? 'nothing' : 'done'
        } catch {
          return 'refused'
        }
      }
      const load = (tag: 'img' | 'script' | 'iframe') =>
        new Promise((resolve) => {
          const element = document.createElement(tag)
          element.onload = () => resolve('loaded')
          element.onerror = () => resolve('refused')
          element.src = `${other}/v1/reports`
          document.body.append(element)
          if (tag === 'iframe') setTimeout(() => resolve('silent'), 500)
        })
      return {
        fetch: await fetch(`${other}/v1/reports`, { mode: 'no-cors', credentials: 'include' }).then(
          () => 'done',
          () => 'refused',
        ),
        beacon: navigator.sendBeacon(`${other}/v1/reports`, 'x') && 'queued',
        img: await load('img'),
        script: await load('script'),
        top: failed(() => {
          ;(window.top as Window).location.href = 'https://evil.example/'
        }),
        open: failed(() => window.open('https://evil.example/')),
        parent: failed(() => (window.parent as Window).document),
        storage: failed(() => (window.parent as Window).localStorage),
      }
    }, second.origin)
    expect(tried).toMatchObject({
      fetch: 'refused',
      img: 'refused',
      script: 'refused',
      top: 'refused',
      open: 'nothing',
      parent: 'refused',
      storage: 'refused',
    })
    await one.evaluate((other) => {
      const form = document.createElement('form')
      form.method = 'post'
      form.action = `${other}/v1/reports`
      document.body.append(form)
      form.submit()
    }, second.origin)
    expect(chromium.page.url()).toBe(`https://console.example:${port}/`)
    expect(await one.evaluate(() => document.querySelector('h1')?.textContent)).toBe('/v1/reports')
    expect(await rig.events({ session_id: second.session.id })).toHaveLength(before)
  })

  it('no worker outlives the view: a service worker is not installed', async () => {
    const { origin } = await startView()
    rig.upstream.answer = (request, response) =>
      request.url === '/v1/reports/sw.js'
        ? response.writeHead(200, { 'content-type': 'text/javascript', 'service-worker-allowed': '/' }).end('self.onfetch = () => {}')
        : response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>x</h1>')
    const frame = await showView(origin)
    const outcome = await frame.evaluate(() =>
      navigator.serviceWorker.register('/v1/reports/sw.js').then(
        () => 'installed',
        () => 'refused',
      ),
    )
    expect(outcome).toBe('refused')
    expect(rig.upstream.received.some(({ target }) => target.endsWith('sw.js'))).toBe(false)
  })

  it('S3 M8 a page that loads when its session is revoked gets nothing more', async () => {
    const { session, origin } = await startView()
    const frame = await showView(origin)
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const timer = setInterval(() => response.write('line\n'), 20)
      response.once('close', () => clearInterval(timer))
    }
    const read = frame.evaluate(async () => {
      const reader = (await fetch('/v1/stream')).body?.getReader()
      let bytes = 0
      try {
        for (;;) {
          const { done, value } = (await reader?.read()) ?? {}
          if (done) return 'ended'
          bytes += value?.length ?? 0
          document.title = 'reading'
        }
      } catch {
        return bytes > 0 ? 'cut' : 'nothing'
      }
    })
    await until(async () => (await frame.evaluate(() => document.title)) === 'reading')
    const revokedMs = performance.now()
    await rig.revoke(session.id)
    expect(await read).toBe('cut')
    expect(performance.now() - revokedMs).toBeLessThan(5_000)
    rig.upstream.forget()
    const status = await frame.evaluate(async () => (await fetch('/v1/reports')).status)
    expect(status).toBe(403)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
