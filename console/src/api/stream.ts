import { type EventFilters, LoggedEvent } from '@countersign/contract/events.ts'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { backgroundHeader, reportSignedOut, withQuery } from './call.ts'
import { noteAnswer } from './connection.ts'
import { garbledAnswer, isFailure, parseFailure } from './failure.ts'

export type StreamState = 'connecting' | 'live' | 'lost' | 'refused'
type Listeners = { onEvent: (event: LoggedEvent) => void; onState: (state: StreamState) => void }

const silenceMs = 60_000
const longestWaitMs = 15_000

/**
 * Follows the log from an index on. Lost connections are resumed behind the last event that arrived, so that nothing
 * is lost or doubled (X10). A hidden tab lets go of its connection and resumes when it is seen again.
 */
export const followEvents = (filters: EventFilters, after: number, { onEvent, onState }: Listeners): (() => void) => {
  let last = after
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

  const take = ({ event: kind, data }: EventSourceMessage) => {
    if (kind !== 'event') return
    const event = parseEvent(data)
    if (event.log_index <= last) return
    last = event.log_index
    onEvent(event)
  }

  const run = async (on: AbortController): Promise<'again' | 'refused'> => {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(last), ...backgroundHeader }
    const answer = await fetch(withQuery('/api/audit/stream', { ...filters, after: last, proof: 'true' }), {
      headers,
      signal: on.signal,
      cache: 'no-store',
    })
    if (!answer.ok || !answer.body) {
      const failure = parseFailure(answer.status, await answer.json().catch(() => undefined))
      if (answer.status === 401) reportSignedOut(failure)
      return answer.status >= 400 && answer.status < 500 && answer.status !== 429 ? 'refused' : 'again'
    }
    failures = 0
    onState('live')
    heard(on)
    const parser = createParser({ onEvent: take })
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
    const outcome = await run(on).catch((error: unknown) => (isFailure(error) ? 'refused' : 'again'))
    clearTimeout(silence)
    if (stopped || connection !== on) return
    connection = undefined
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
