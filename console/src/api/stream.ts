import { type EventFilters, LoggedEvent } from '@countersign/contract/events.ts'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { backgroundHeader, reportSignedOut, withQuery } from './call.ts'
import { noteAnswer, noteSilence } from './connection.ts'
import { garbledAnswer, isFailure, parseFailure } from './failure.ts'
import { noticePromise } from './promises.ts'

export type StreamState = 'connecting' | 'live' | 'lost' | 'refused'
type Listeners = { onEvent: (event: LoggedEvent) => void; onState: (state: StreamState) => void }

/** The server says something every 15 seconds. */
const silenceMs = 40_000
const longestWaitMs = 15_000

type Followed = {
  address: () => string
  headers?: () => Record<string, string>
  /** What it throws ends the stream as refused. */
  onMessage: (message: EventSourceMessage) => void
  onState: (state: StreamState) => void
}

/**
 * Follows a stream of events. A connection that is lost is taken up again; a hidden tab lets go of its own, and takes it up when it
 * is seen again.
 */
const follow = ({ address, headers = () => ({}), onMessage, onState }: Followed): (() => void) => {
  let failures = 0
  let stopped = false
  let connection: AbortController | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined

  const heard = (on: AbortController) => {
    noteAnswer()
    clearTimeout(silence)
    silence = setTimeout(() => on.abort(), silenceMs)
  }

  const run = async (on: AbortController): Promise<'again' | 'refused'> => {
    const answer = await fetch(address(), {
      headers: { accept: 'text/event-stream', ...headers(), ...backgroundHeader },
      signal: on.signal,
      cache: 'no-store',
    })
    noticePromise(answer)
    if (!answer.ok || !answer.body) {
      const failure = parseFailure(answer.status, await answer.json().catch(() => undefined))
      if (answer.status === 401) reportSignedOut(failure)
      return answer.status >= 400 && answer.status < 500 && answer.status !== 429 ? 'refused' : 'again'
    }
    failures = 0
    onState('live')
    heard(on)
    const parser = createParser({ onEvent: onMessage })
    const text = answer.body.pipeThrough(new TextDecoderStream())
    for await (const piece of iterate(text)) {
      heard(on)
      parser.feed(piece)
    }
    return 'again'
  }

  const connect = async () => {
    if (stopped || document.hidden) return
    const on = new AbortController()
    connection = on
    const outcome = await run(on).catch((error: unknown) => (isFailure(error) ? 'refused' : 'silent'))
    clearTimeout(silence)
    if (stopped || connection !== on) return
    connection = undefined
    if (outcome === 'silent') noteSilence()
    if (outcome === 'refused') return onState('refused')
    if (document.hidden) return
    onState('lost')
    failures += 1
    retry = setTimeout(connect, Math.min(longestWaitMs, 500 * 2 ** failures) * (0.75 + Math.random() / 2))
  }

  const onVisibility = () => {
    clearTimeout(retry)
    if (document.hidden) {
      const open = connection
      connection = undefined
      open?.abort()
    } else if (!connection) {
      onState('connecting')
      void connect()
    }
  }

  document.addEventListener('visibilitychange', onVisibility)
  onState('connecting')
  void connect()
  return () => {
    stopped = true
    clearTimeout(retry)
    clearTimeout(silence)
    document.removeEventListener('visibilitychange', onVisibility)
    connection?.abort()
  }
}

/** Follows the log from an index on. A connection is taken up behind the last event that arrived, so that nothing is lost or doubled (X10). */
export const followEvents = (filters: EventFilters, after: number, { onEvent, onState }: Listeners): (() => void) => {
  let last = after
  return follow({
    address: () => withQuery('/api/audit/stream', { ...filters, after: last, proof: 'true' }),
    headers: () => ({ 'last-event-id': String(last) }),
    onState,
    onMessage: ({ event: kind, data }) => {
      if (kind !== 'event') return
      const event = parseEvent(data)
      if (event.log_index <= last) return
      last = event.log_index
      onEvent(event)
    },
  })
}

/** Tells that the health or the traffic of some tenant is another one by now. Whoever comes back is told what was missed. */
export const followOverview = (onChange: () => void, onState: (state: StreamState) => void): (() => void) => {
  let last: string | undefined
  return follow({
    address: () => '/api/overview/stream',
    headers: (): Record<string, string> => (last === undefined ? {} : { 'last-event-id': last }),
    onState,
    onMessage: ({ event: kind, id }) => {
      last = id ?? last
      if (kind === 'changed') onChange()
    },
  })
}

/** An event that cannot be read ends the stream visibly: to skip it would be to lose it. */
const parseEvent = (data: string): LoggedEvent => {
  try {
    const body: unknown = JSON.parse(data)
    if (LoggedEvent.safeParse(body).success) return body as LoggedEvent
  } catch {
    // falls through to what both have in common
  }
  throw garbledAnswer(200)
}

async function* iterate(stream: ReadableStream<string>) {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.releaseLock()
  }
}
