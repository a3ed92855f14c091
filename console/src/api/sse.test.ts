import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createReader, type Message } from './sse.ts'

const readAll = (...pieces: string[]): Message[] => {
  const messages: Message[] = []
  const feed = createReader((message) => messages.push(message))
  for (const piece of pieces) feed(piece)
  return messages
}
const two = 'id: 7\nevent: event\ndata: {"a":1}\n\n: heartbeat\n\nid: 8\nevent: event\ndata: {\ndata: }\n\n'
const expected: Message[] = [
  { id: '7', event: 'event', data: '{"a":1}' },
  { id: '8', event: 'event', data: '{\n}' },
]

it('X10 reads messages, joins their lines and skips heartbeats', () => expect(readAll(two)).toEqual(expected))

it('X10 reads the same however the network cuts it, with any line ending', () => {
  fc.assert(
    fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(two.length), { maxLength: 8 }), (ending, cuts) => {
      const text = `${two.replaceAll('\n', ending)}:end\n`
      const at = [0, ...cuts.sort((a, b) => a - b), text.length]
      expect(readAll(...at.slice(1).map((end, index) => text.slice(at[index], end)))).toEqual(expected)
    }),
  )
})

it('keeps the last id for messages that have none, and drops what has no data', () =>
  expect(readAll('id: 3\ndata: x\n\ndata: y\n\nevent: ping\n\n')).toEqual([
    { id: '3', event: 'message', data: 'x' },
    { id: '3', event: 'message', data: 'y' },
  ]))

it('does not dispatch half a message', () => expect(readAll('id: 9\ndata: x\n')).toEqual([]))
