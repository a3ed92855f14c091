import type { IncomingHttpHeaders } from 'node:http'
import { Agent } from 'undici'
import { isSafeAddress } from '../config.ts'
import { CallFailure, callFailureFrom } from './failure.ts'
import { type Wall, walledConnector } from './wall.ts'

/** One request as it goes out: the target byte for byte, as no address parser stands between. */
export type Outgoing = {
  origin: string
  /** Path and query. */
  target: string
  method: 'GET' | 'POST'
  headers?: Record<string, string | string[]>
  body?: Buffer
}

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer }

export type Line = { send(outgoing: Outgoing): Promise<Answer>; close(): Promise<void> }

export type LineLimits = {
  timeoutMs: number
  answerBytes: number
  /** Which addresses may be called. Left out for what the operator put beside us: the product, the identity provider. */
  wall?: Wall
  /** Further certificate authorities, PEM. */
  ca?: string
  connections?: number
}

/**
 * Sends requests to others. An answer is read whole, within the time and the bytes given, both counted over all of it; redirects are
 * answers like any other; and it leaves by TLS or stays on this host. Throws CallFailure and nothing else.
 */
export const openLine = (limits: LineLimits): Line => {
  const { timeoutMs, answerBytes, wall, ca, connections = 16 } = limits
  const agent = new Agent({
    ...{ connections, pipelining: 1, maxResponseSize: answerBytes, maxHeaderSize: 16_384, allowH2: false },
    ...(wall ? { connect: walledConnector(wall, ca === undefined ? {} : { ca }) } : {}),
  })
  return {
    async send({ origin, target, method, headers, body }) {
      if (!isSafeAddress(origin)) throw new CallFailure('address', origin, { sent: false })
      try {
        const answer = await agent.request({
          origin,
          path: target,
          method,
          headers: { 'user-agent': 'countersign', 'accept-encoding': 'identity', ...headers },
          body,
          signal: AbortSignal.timeout(timeoutMs),
        })
        return { status: answer.statusCode, headers: answer.headers, body: Buffer.from(await answer.body.arrayBuffer()) }
      } catch (cause) {
        throw callFailureFrom(cause)
      }
    },
    close: () => agent.destroy(),
  }
}
