import type { Page } from 'playwright-core'
import type { Chromium } from './chromium.ts'

export type Tripwire = {
  /** Everything that somebody else's text must never cause: scripts, dialogs, windows, requests and navigations to elsewhere, violations. */
  tripped: string[]
  /** What is in the document now that this console never puts there. */
  foreign(): Promise<string[]>
  /** How far the page can be scrolled sideways, in pixels. */
  sideways(): Promise<number>
}

/** Listens for everything that a page does on behalf of a text. Set before the first page is opened. */
export const setTripwire = async ({ context, page, complaints }: Chromium, origin: string): Promise<Tripwire> => {
  const tripped: string[] = complaints
  const note = (what: string) => void tripped.push(what)
  await context.exposeBinding('__tripped', (_source, what: unknown) => note(`ran: ${String(what)}`))
  await context.addInitScript(() => {
    const tell = (window as unknown as { __tripped(what: string): void }).__tripped
    for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
      Object.defineProperty(window, name, { value: () => tell(name), configurable: false })
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      tell(`violation of ${violatedDirective}: ${blockedURI} ${sample}`),
    )
  })
  const isOurs = (url: string) => url === 'about:blank' || /^(data|blob):/.test(url) || new URL(url).origin === origin
  context.on('request', (request) => {
    if (!isOurs(request.url())) note(`request to ${request.url()}`)
  })
  context.on('page', (other) => note(`window of ${other.url()}`))
  page.on('framenavigated', (frame) => {
    if (frame !== page.mainFrame() || !isOurs(frame.url())) note(`navigation to ${frame.url()}`)
  })
  page.on('dialog', (dialog) => {
    note(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('download', (download) => note(`download of ${download.url()}`))
  return { tripped, foreign: () => page.evaluate(findForeign), sideways: () => measureSideways(page) }
}

const findForeign = (): string[] => {
  const found: string[] = []
  const never = 'iframe,frame,object,embed,applet,base,img,video,audio,source,marquee,math,template,noscript,mglyph,x,form[action],[srcdoc]'
  for (const element of document.querySelectorAll(never)) found.push(element.outerHTML.slice(0, 200))
  for (const element of document.body.querySelectorAll('style,meta,link,title')) {
    if (!(element.namespaceURI ?? '').endsWith('svg')) found.push(element.outerHTML.slice(0, 200))
  }
  for (const script of document.querySelectorAll('script')) {
    if (!script.src.startsWith(`${location.origin}/assets/`)) found.push(script.outerHTML.slice(0, 200))
  }
  for (const element of document.querySelectorAll('*')) {
    for (const { name } of element.attributes) if (name.startsWith('on')) found.push(`${name} on ${element.outerHTML.slice(0, 200)}`)
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href]')) {
    const { protocol, origin } = new URL(link.href)
    if (protocol !== 'http:' && protocol !== 'https:') found.push(`link to ${link.href}`)
    else if (origin !== location.origin && !link.relList.contains('noopener')) found.push(`link to ${link.href} without noopener`)
  }
  if (document.querySelectorAll('#root').length !== 1) found.push('another #root')
  return found
}

const measureSideways = (page: Page): Promise<number> =>
  page.evaluate(() => {
    // A row of choices may scroll by itself.
    const isScrolled = (element: Element) =>
      element.id === 'main' || (/auto|scroll/.test(getComputedStyle(element).overflowX) && !element.matches('fieldset, [role=tablist]'))
    const places = [...document.querySelectorAll('body *')].filter((element) => isScrolled(element) && element.clientWidth > 0)
    return Math.max(0, ...[document.scrollingElement as Element, ...places].map((element) => element.scrollWidth - element.clientWidth))
  })
