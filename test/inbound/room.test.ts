import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { keepRoom, type Room } from '../../server/src/inbound/room.ts'
import { openRaw, type RawConnection } from '../support/raw.ts'
import { until } from '../support/until.ts'

let server: Server
const callers: RawConnection[] = []
afterEach(() => {
  for (const caller of callers.splice(0)) caller.end()
  server.close()
})

const start = async (limits: { connections: number; perOwner: number }) => {
  const sockets: Socket[] = []
  server = createServer((socket) => sockets.push(socket.on('error', () => {}).resume()))
  const room: Room = keepRoom(server, limits)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  /** One more caller, with the door's end of the connection. */
  const call = async () => {
    const before = sockets.length
    const caller = await openRaw(port)
    callers.push(caller)
    return { caller, socket: await until(() => sockets[before]) }
  }
  return { room, call }
}

it('the oldest connection on which nobody known has asked makes room', async () => {
  const { room, call } = await start({ connections: 3, perOwner: 3 })
  const first = await call()
  const second = await call()
  const third = await call()
  expect(room.know(first.socket, 'ada')).toBe(true)
  const fourth = await call()
  await second.caller.closed
  expect([first, third, fourth].map(({ socket }) => socket.destroyed)).toEqual([false, false, false])
  await call()
  await third.caller.closed
  expect(first.socket.destroyed).toBe(false)
  expect(room.size()).toBe(3)
})

it('where all are known, who comes is sent away, and a place that is left is free', async () => {
  const { room, call } = await start({ connections: 2, perOwner: 2 })
  const [first, second] = [await call(), await call()]
  for (const { socket } of [first, second]) room.know(socket, 'ada')
  const { caller } = await call()
  await caller.closed
  expect([first.socket.destroyed, second.socket.destroyed]).toEqual([false, false])
  first.caller.end()
  await until(() => room.size() === 1)
  const next = await call()
  expect(next.socket.destroyed).toBe(false)
})

it('one owner has so many connections, and a connection is whose request came last', async () => {
  const { room, call } = await start({ connections: 9, perOwner: 2 })
  const [first, second, third] = [await call(), await call(), await call()]
  expect([first, second, third].map(({ socket }) => room.know(socket, 'ada'))).toEqual([true, true, false])
  expect(room.know(first.socket, 'ada')).toBe(true)
  expect(room.know(first.socket, 'rob')).toBe(true)
  expect(room.know(third.socket, 'ada')).toBe(true)
})
