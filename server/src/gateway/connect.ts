import { Socket } from 'node:net'
import { buildConnector } from 'undici'

/** How long a connection whose other side takes nothing more is still read. */
const lastWordsMs = 1_000

type Done = (error?: Error | null) => void

/**
 * A product that refuses an upload answers, and closes while we still send. The write that fails then would take the connection away
 * with the answer unread in it: so the write is left pending instead, what was said is read to its end, and the failure comes after.
 */
const keepLastWords = (socket: Socket): void => {
  const hold =
    (done: Done): Done =>
    (error) => {
      if (!error) return done()
      const timer = setTimeout(done, lastWordsMs, error)
      socket.once('close', () => clearTimeout(timer))
    }
  // Of net.Socket itself, and of TLS, which has its own.
  const { _write, _writev } = socket
  socket._write = (chunk, encoding, done) => _write.call(socket, chunk, encoding, hold(done))
  if (_writev) socket._writev = (chunks, done) => _writev.call(socket, chunks, hold(done))
}

/** Opens connections to the product. */
export const newConnect = ({ timeoutMs }: { timeoutMs: number }): buildConnector.connector => {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false })
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error || !(socket instanceof Socket)) return callback(...([error, socket] as Parameters<typeof callback>))
      keepLastWords(socket)
      callback(null, socket)
    })
}
