export type Message = { id: string; event: string; data: string }

/** Reads server-sent events out of pieces of text, as the WHATWG describes the format. */
export const createReader = (onMessage: (message: Message) => void) => {
  let rest = ''
  let lastId = ''
  let event = ''
  let data: string[] = []

  const dispatch = () => {
    if (data.length > 0) onMessage({ id: lastId, event: event || 'message', data: data.join('\n') })
    event = ''
    data = []
  }

  const take = (line: string) => {
    if (line === '') return dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return
    const name = colon < 0 ? line : line.slice(0, colon)
    const raw = colon < 0 ? '' : line.slice(colon + 1)
    const value = raw.startsWith(' ') ? raw.slice(1) : raw
    if (name === 'data') data.push(value)
    else if (name === 'event') event = value
    else if (name === 'id' && !value.includes('\0')) lastId = value
  }

  return (piece: string) => {
    rest += piece
    // A carriage return at the end may be half of a CRLF: wait for what follows.
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(rest)
      if (!end) return
      const line = rest.slice(0, end.index)
      rest = rest.slice(end.index + end[0].length)
      take(line)
    }
  }
}
