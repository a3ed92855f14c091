// The product behind all of them: one small JSON answer to whatever is asked. Plain sockets, so that on two cores the
// gateways have the time, not the product. It is asked for GETs alone, one at a time on each connection.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { serveParent } from './children.ts'

const body = JSON.stringify({ items: [{ id: 'rep_1', name: 'Quarterly', rows: 1204 }], next_cursor: null })
const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: keep-alive\r\n\r\n`
const answer = Buffer.from(head + body)
const end = Buffer.from('\r\n\r\n')

const sockets = new Set<Socket>()
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  let seen = Buffer.alloc(0)
  socket.on('data', (part) => {
    seen = seen.length === 0 ? part : Buffer.concat([seen, part])
    if (!seen.subarray(-4).equals(end)) return
    seen = Buffer.alloc(0)
    socket.write(answer)
  })
  socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
})
server.listen(0, '127.0.0.1', () => {
  serveParent({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, () => {
    for (const socket of sockets) socket.destroy()
  })
})
