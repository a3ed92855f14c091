import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'
import { Refusal } from '../errors.ts'
import type { Look } from './form-scan.ts'

/** Why a body ended before its end. */
export class CallerGone extends Error {
  override name = 'CallerGone'
}

const broken = new WeakMap<Socket, Refusal>()
/** What the caller sent on this connection was no HTTP any more, or came too late: it did not leave. */
export const noteBroken = (socket: Socket, refusal: Refusal): void => void broken.set(socket, refusal)
export const findBroken = (socket: Socket): Refusal | undefined => broken.get(socket)

export type BodyLimits = {
  maxRequestBytes: number
  /** Longest that the caller may send nothing. */
  uploadIdleMs: number
}

const nothing = Buffer.alloc(0)
const takeAny: Look = () => {}

/**
 * The body on its way to the product, piece by piece: so many bytes, none too long after another, trailers dropped. It stands
 * between the two connections, so that ending one does not take away the other before it was answered.
 */
export const feedBody = (request: IncomingMessage, { maxRequestBytes, uploadIdleMs }: BodyLimits, look: Look = takeAny): Transform => {
  let passed = 0
  const judge = (chunk: Buffer, isLast: boolean, done: TransformCallback): void => {
    try {
      look(chunk, isLast)
      done(null, chunk)
    } catch (error) {
      done(error as Error)
    }
  }
  // While the product takes nothing, it is not the caller who is late.
  const wait = () => {
    if (feed.writableNeedDrain) idle.refresh()
    else feed.destroy(new Refusal('request_timeout', { detail: `Nothing more of the body came for ${uploadIdleMs / 1000} s.` }))
  }
  const idle = setTimeout(wait, uploadIdleMs)
  const feed = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      idle.refresh()
      passed += chunk.length
      if (passed > maxRequestBytes) done(new Refusal('body_too_large'))
      else judge(chunk, false, done)
    },
    flush(done) {
      clearTimeout(idle)
      judge(nothing, true, done)
    },
  })
  const gone = () => feed.destroy(findBroken(request.socket) ?? new CallerGone('the caller went away'))
  request.once('aborted', gone).once('error', gone)
  feed.once('close', () => {
    clearTimeout(idle)
    request.unpipe(feed)
    request.off('aborted', gone)
  })
  request.pipe(feed)
  return feed
}
