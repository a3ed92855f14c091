// The product: a page with eighty files, half of which a browser may keep for good; the others it asks for again. It tells whoever frames it
// how long it took to load, and goes where it is told to.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveParent } from '../gateway/children.ts'

type File = { type: string; body: Buffer; etag: string; caching: string }

const files = new Map<string, File>()
const add = (path: string, type: string, text: string, caching: string): void => {
  const body = Buffer.from(text)
  files.set(path, { type, body, etag: `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`, caching })
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
const cachingOf = (i: number): string => (i % 2 === 0 ? 'public, max-age=31536000, immutable' : 'no-cache')
for (const i of numbers(40)) add(`/assets/${i}.js`, 'text/javascript', `window.n${i} = ${JSON.stringify('x'.repeat(6_000))}`, cachingOf(i))
for (const i of numbers(15)) add(`/assets/${i}.css`, 'text/css', `.c${i} { color: #123456 } /* ${'y'.repeat(3_000)} */`, cachingOf(i))
for (const i of numbers(25)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><desc>${'z'.repeat(2_000)}</desc><rect width="${i % 10}" height="9"/></svg>`
  add(`/assets/${i}.svg`, 'image/svg+xml', svg, cachingOf(i))
}

const told = `addEventListener('message', ({ data }) => { if (data?.go) location.assign(data.go) })
addEventListener('load', () => setTimeout(() => {
  const [{ loadEventEnd: ms }] = performance.getEntriesByType('navigation')
  parent.postMessage({ bench: 'loaded', ms, files: performance.getEntriesByType('resource').length, path: location.pathname + location.search }, '*')
}))`
const tags = [
  ...numbers(15).map((i) => `<link rel="stylesheet" href="/assets/${i}.css">`),
  ...numbers(40).map((i) => `<script defer src="/assets/${i}.js"></script>`),
  ...numbers(25).map((i) => `<img alt="" width="10" height="10" src="/assets/${i}.svg">`),
]
const page = Buffer.from(`<!doctype html><title>Bench</title><script>${told}</script>${tags.join('\n')}`)
const outer = Buffer.from('<!doctype html><title>Outer</title><body>')

const server = createServer((request, response) => {
  const path = request.url?.split('?', 1)[0] ?? ''
  const file = files.get(path)
  if (!file)
    return void response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' }).end(path === '/outer' ? outer : page)
  const { type, body, etag, caching } = file
  const headers = { 'content-type': type, 'cache-control': caching, etag }
  if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end()
  else response.writeHead(200, { ...headers, 'content-length': body.length }).end(body)
})
server.listen(0, '127.0.0.1', () => {
  serveParent({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, () => server.closeAllConnections())
})
