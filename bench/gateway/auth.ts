// What nginx asks before it forwards: a token that is known, in memory, and nothing else.
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { serveParent } from './children.ts'

const server = createServer((request, response) => {
  response.writeHead(/^Bearer css_[A-Za-z0-9_-]{43}$/.test(request.headers.authorization ?? '') ? 204 : 401).end()
})
server.keepAliveTimeout = 60_000
const probe = createSocketServer()
probe.listen(0, '127.0.0.1', () => {
  const { port } = probe.address() as AddressInfo
  probe.close(() =>
    server.listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      serveParent({ url, free_port: port }, () => server.closeAllConnections())
    }),
  )
})
