import { type LoggedEvent, LogIndex } from '@countersign/contract/events.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isAllowed, type May } from '../../access/may.ts'
import type { Principal } from '../../access/principal.ts'
import { Refusal } from '../../errors.ts'

const recheckMs = 5_000
/** Someone who does not read what was sent gets this long to take the end of it; then the connection is cut. */
const stalledMs = 1_000

/** What was seen last before a stream is taken up again, by the standard's own header. */
export const lastSeen = ({ headers }: Pick<FastifyRequest, 'headers'>): number | undefined => {
  const lastEventId = headers['last-event-id']
  if (lastEventId === undefined) return undefined
  const parsed = LogIndex.safeParse(lastEventId)
  if (parsed.success) return parsed.data
  throw new Refusal('invalid_request', { errors: [{ path: '/headers/last-event-id', message: 'is not a log index' }] })
}

/** Streams that are open, by whose they are. */
export const newStreams = (limits: { perOwner: number; inAll: number; detail: string }) => {
  const open = new Map<string, number>()
  let all = 0
  return {
    enter(owner: string): () => void {
      const own = open.get(owner) ?? 0
      if (own >= limits.perOwner || all >= limits.inAll) throw new Refusal('too_many_requests', { detail: limits.detail })
      open.set(owner, own + 1)
      all += 1
      return () => {
        all -= 1
        const left = (open.get(owner) ?? 1) - 1
        if (left > 0) open.set(owner, left)
        else open.delete(owner)
      }
    },
  }
}

type Message = { id: string; event: string; data: unknown }
type Streaming = {
  reply: FastifyReply
  may: May
  /** Ends when the program does. */
  closing: AbortSignal
  /** What the stream says first, and then. */
  begin(): Promise<{ ready: unknown; messages(signal: AbortSignal): AsyncIterable<Message> }>
  /** Who calls, judged again. */
  judge(): Promise<Principal>
}

/** Sends messages as they come, until whoever asked hangs up, stands still, or may not any more. */
export const streamMessages = async ({ reply, may, closing, begin, judge }: Streaming): Promise<void> => {
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, closing])
  let recheck: NodeJS.Timeout | undefined
  try {
    const { ready, messages } = await begin()
    reply.sse.onClose(() => ended.abort())
    // Authority is judged again while the stream lives, not only when it opens.
    recheck = setInterval(() => {
      judge().then(
        (now) => isAllowed(now, may) || ended.abort(),
        () => ended.abort(),
      )
    }, recheckMs)
    // A reader that stands still would hold a send, and with it the stream, for ever.
    const over = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const send = (message: Omit<Message, 'id'> & { id?: string; retry?: number }): Promise<void> =>
      Promise.race([reply.sse.send(message), over])
    // Else the plugin says no-cache, under which an answer may still be kept.
    reply.header('cache-control', 'no-store')
    await send({ event: 'ready', data: ready, retry: 1000 })
    for await (const message of messages(signal)) await send(message)
  } finally {
    clearInterval(recheck)
    if (reply.sse.isConnected) {
      const cut = setTimeout(() => reply.raw.destroy(), stalledMs)
      reply.raw.once('close', () => clearTimeout(cut))
    }
  }
}

type Followed = { from: number; events(signal: AbortSignal): AsyncIterable<LoggedEvent> }

const messagesOf = async function* (events: AsyncIterable<LoggedEvent>): AsyncGenerator<Message> {
  for await (const event of events) yield { id: String(event.log_index), event: 'event', data: event }
}

/** The same of events as they enter the log. */
export const streamEvents = ({ begin, ...how }: Omit<Streaming, 'begin'> & { begin(): Promise<Followed> }): Promise<void> =>
  streamMessages({
    ...how,
    begin: async () => {
      const { from, events } = await begin()
      return { ready: { after: from }, messages: (signal) => messagesOf(events(signal)) }
    },
  })
