// The product behind all of them: plain node:http, a small JSON.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveParent } from './children.ts'

const body = JSON.stringify({ items: [{ id: 'rep_1', name: 'Quarterly', rows: 1204 }], next_cursor: null })
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  serveParent({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, () => server.closeAllConnections())
})
