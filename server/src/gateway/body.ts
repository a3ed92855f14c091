import type { IncomingMessage } from 'node:http'
import { Transform, type TransformCallback } from 'node:stream'
import { Refusal } from '../errors.ts'

/** Why a body ended before its end. */
export class CallerGone extends Error {
  override name = 'CallerGone'
}

/**
 * The body on its way to the product, piece by piece: at most `maximum` bytes, trailers dropped. It stands between the two
 * connections, so that ending one does not take away the other before it was answered.
 */
export const feedBody = (request: IncomingMessage, maximum: number): Transform => {
  let passed = 0
  const feed = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      passed += chunk.length
      if (passed > maximum) done(new Refusal('body_too_large'))
      else done(null, chunk)
    },
  })
  const gone = () => feed.destroy(new CallerGone('the caller went away'))
  request.once('aborted', gone).once('error', gone)
  feed.once('close', () => {
    request.unpipe(feed)
    request.off('aborted', gone)
  })
  request.pipe(feed)
  return feed
}
