import { connect, type Socket } from 'node:net'

/** An answer as it stood on the wire. */
export type RawAnswer = {
  status: number
  /** Lower-case names; several lines joined by a line feed. */
  headers: Map<string, string>
  body: string
  /** False where the connection ended before the answer was whole. */
  whole: boolean
}

type Parsed = { answer: RawAnswer; length: number }

const decodeChunks = (buffer: Buffer): { body: Buffer; length: number } | undefined => {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const end = buffer.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(buffer.subarray(at, end).toString('latin1'), 16)
    const start = end + 2
    if (buffer.length < start + size + 2) return undefined
    if (size === 0) return { body: Buffer.concat(parts), length: start + 2 }
    parts.push(buffer.subarray(start, start + size))
    at = start + size + 2
  }
}

/** Reads one answer from the front of what has arrived; undefined where it is not whole yet. */
const parseAnswer = (buffer: Buffer, method: string, ended: boolean): Parsed | undefined => {
  const headEnd = buffer.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [first = '', ...lines] = buffer.subarray(0, headEnd).toString('latin1').split('\r\n')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers.set(name, headers.has(name) ? `${headers.get(name)}\n${value}` : value)
  }
  const status = Number(first.split(' ')[1])
  const rest = buffer.subarray(headEnd + 4)
  const answer = (body: Buffer, whole: boolean, length: number): Parsed => ({
    answer: { status, headers, body: body.toString('utf8'), whole },
    length: headEnd + 4 + length,
  })
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return answer(Buffer.alloc(0), true, 0)
  const length = headers.get('content-length')
  if (length !== undefined) {
    const wanted = Number(length)
    if (rest.length >= wanted) return answer(rest.subarray(0, wanted), true, wanted)
    return ended ? answer(rest, false, rest.length) : undefined
  }
  if (headers.get('transfer-encoding') === 'chunked') {
    const decoded = decodeChunks(rest)
    if (decoded) return answer(decoded.body, true, decoded.length)
    return ended ? answer(rest, false, rest.length) : undefined
  }
  return ended ? answer(rest, true, rest.length) : undefined
}

export type RawConnection = {
  socket: Socket
  send(bytes: string | Buffer): void
  /** The next whole answer; undefined where the connection ended without one. */
  next(method?: string): Promise<RawAnswer | undefined>
  /** What has arrived and was not taken as an answer yet. */
  pending(): Buffer
  /** Settled when the other side has closed. */
  closed: Promise<void>
  end(): void
}

/** A connection that sends exactly what the test says. */
export const openRaw = async (port: number, timeoutMs = 10_000): Promise<RawConnection> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let buffer = Buffer.alloc(0)
  let ended = false
  let wake = () => {}
  const closed = new Promise<void>((resolve) => {
    const over = () => {
      ended = true
      wake()
      resolve()
    }
    socket.on('close', over).on('end', over)
    socket.on('error', over)
  })
  socket.on('data', (part) => {
    buffer = Buffer.concat([buffer, part as Buffer])
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return {
    socket,
    send: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    next: async (method = 'GET') => {
      const giveUp = Date.now() + timeoutMs
      for (;;) {
        const parsed = parseAnswer(buffer, method, ended)
        if (parsed) {
          buffer = buffer.subarray(parsed.length)
          return parsed.answer
        }
        if (ended) return undefined
        if (Date.now() > giveUp) throw new Error(`no answer within ${timeoutMs} ms; so far: ${buffer.toString('latin1').slice(0, 200)}`)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 100)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
    pending: () => buffer,
    closed,
    end: () => void socket.destroy(),
  }
}

/** Sends these bytes on a connection of their own and takes the first answer. */
export const sendRaw = async (port: number, bytes: string | Buffer, method = 'GET'): Promise<RawAnswer | undefined> => {
  const connection = await openRaw(port)
  connection.send(bytes)
  try {
    let answer = await connection.next(method)
    while (answer && answer.status < 200) answer = await connection.next(method)
    return answer
  } finally {
    connection.end()
  }
}

/** The bytes of a request: these lines as they are, nothing added. */
export const rawRequest = (first: string, headers: readonly string[] = [], body: string | Buffer = ''): Buffer =>
  Buffer.concat([Buffer.from([first, ...headers, '', ''].join('\r\n'), 'latin1'), typeof body === 'string' ? Buffer.from(body) : body])
