import { readFileSync } from 'node:fs'
import type { CDPSession, Page } from 'playwright-core'
import { signIn, type Visitor } from '../test/support/browser.ts'
import { openChromium } from '../test/support/chromium.ts'
import { type Child, median, startChild } from './gateway/children.ts'

export const about = 'a page of 80 files in Chromium through the gateway, cold and warm, beside direct and a bare proxy'

const rounds = 9
const warmUpRounds = 2

type Loaded = { ms: number; files: number }
type Times = { cold: number[]; warm: number[] }
/** A page of its own that frames the product's. */
type Framed = { page: Page; cdp: CDPSession; times: Times }

/** Runs in the outer page: keeps what the frame says, for whoever waits for it. */
const listen = (): void => {
  const kept = window as unknown as { said: object[] }
  kept.said = []
  addEventListener('message', ({ data }) => void kept.said.push(data))
}

const frame = (page: Page, url: string): Promise<void> =>
  page.evaluate((src) => {
    const element = document.createElement('iframe')
    element.setAttribute('sandbox', 'allow-scripts allow-forms allow-same-origin')
    element.width = '900'
    element.height = '600'
    element.src = src
    document.body.append(element)
  }, url)

const tell = (page: Page, message: object): Promise<void> =>
  page.evaluate((data) => document.querySelector('iframe')?.contentWindow?.postMessage(data, '*'), message)

/** What the frame says next that has this member. */
const hear = async <T>(page: Page, member: string): Promise<T> => {
  const handle = await page.waitForFunction(
    (name) => {
      const { said } = window as unknown as { said: Record<string, unknown>[] }
      const at = said.findIndex((each) => each?.[name] !== undefined)
      return at < 0 ? undefined : said.splice(at, 1)[0]
    },
    member,
    { polling: 50 },
  )
  return (await handle.jsonValue()) as T
}

const call = async <T>(visitor: Visitor, path: string, body: object): Promise<T> => {
  const answer = await visitor.send('POST', path, body)
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** Steps in as the console does: a view, its page that waits for a code, the code, and on to the product. */
const stepIn = async (page: Page, console: string): Promise<void> => {
  const visitor = await signIn(console, 'rob')
  await page.context().addCookies([...visitor.cookies].map(([name, value]) => ({ name, value, url: console })))
  await page.goto(console)
  await page.evaluate(listen)
  const { session } = await call<{ session: { id: string } }>(visitor, '/api/sessions', {
    tenant_id: 'ten_bench',
    reason: 'Measuring how a page loads',
  })
  const view = await call<{ view_id: string; origins: { origin: string }[] }>(visitor, `/api/sessions/${session.id}/views`, {})
  const origin = view.origins[0]?.origin as string
  await frame(page, `${origin}/.countersign/enter`)
  const { browser } = await hear<{ browser: string }>(page, 'browser')
  const { code } = await call<{ code: string }>(visitor, `/api/sessions/${session.id}/views/${view.view_id}/codes`, { origin, browser })
  await tell(page, { countersign: 'enter', code, path: '/page' })
  await hear(page, 'bench')
}

const openPlain = async (page: Page, url: string): Promise<void> => {
  await page.goto(`${url}/outer`)
  await page.evaluate(listen)
  await frame(page, `${url}/page`)
  await hear(page, 'bench')
}

let visits = 0
const load = async ({ page }: Framed): Promise<number> => {
  await tell(page, { go: `/page?n=${++visits}` })
  const { ms, files } = await hear<Loaded>(page, 'bench')
  if (files !== 80) throw new Error(`${files} files were loaded, not 80`)
  return ms
}

/** Cold: nothing is kept. Warm: right after it. */
const measure = async (framed: Framed): Promise<void> => {
  await framed.cdp.send('Network.clearBrowserCache')
  framed.times.cold.push(await load(framed))
  framed.times.warm.push(await load(framed))
}

const tenths = (figure: number): number => Math.round(figure * 10) / 10
const hundredths = (figure: number): number => Math.round(figure * 100) / 100

/** The same page, in a frame, in alternating rounds of one run. */
export const run = async (): Promise<Record<string, unknown>> => {
  const children: Child[] = []
  const browsers: { close(): Promise<void> }[] = []
  const openFramed = async (open: (page: Page) => Promise<void>): Promise<Framed> => {
    const browser = await openChromium()
    browsers.push(browser)
    await open(browser.page)
    return { page: browser.page, cdp: await browser.context.newCDPSession(browser.page), times: { cold: [], warm: [] } }
  }
  try {
    const product = await startChild<{ url: string }>('../page/product.ts')
    children.push(product)
    const proxy = await startChild<{ url: string }>('http-proxy.ts', [product.ready.url])
    children.push(proxy)
    const ours = await startChild<{ console: string }>('../page/countersign.ts', [product.ready.url])
    children.push(ours)
    const framed = {
      direct: await openFramed((page) => openPlain(page, product.ready.url)),
      proxy: await openFramed((page) => openPlain(page, proxy.ready.url)),
      ours: await openFramed((page) => stepIn(page, ours.ready.console)),
    }
    for (let round = 0; round < rounds + warmUpRounds; round++) {
      const order = round % 2 === 0 ? Object.values(framed) : Object.values(framed).reverse()
      for (const each of order) await measure(each)
    }
    const of = (name: keyof typeof framed, kind: keyof Times): number => median(framed[name].times[kind].slice(warmUpRounds))
    return {
      name: 'page',
      ours_ms: tenths(of('ours', 'cold')),
      direct_ms: tenths(of('direct', 'cold')),
      proxy_ms: tenths(of('proxy', 'cold')),
      ratio: hundredths(of('ours', 'cold') / of('proxy', 'cold')),
      warm: {
        ours_ms: tenths(of('ours', 'warm')),
        direct_ms: tenths(of('direct', 'warm')),
        proxy_ms: tenths(of('proxy', 'warm')),
        ratio: hundredths(of('ours', 'warm') / of('proxy', 'warm')),
      },
      setting: { rounds, files: 80, cpus: readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? null },
    }
  } finally {
    for (const browser of browsers) await browser.close()
    for (const child of children.reverse()) await child.stop()
  }
}
