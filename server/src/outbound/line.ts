import type { IncomingHttpHeaders } from 'node:http'
import { Agent } from 'undici'
import { isSafeAddress } from '../config.ts'
import { CallFailure, callFailureFrom } from './failure.ts'

/** One request as it goes out: the target byte for byte, as no address parser stands between. */
export type Outgoing = {
  origin: string
  /** Path and query. */
  target: string
  method: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: Buffer
}

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer }

export type Line = { send(outgoing: Outgoing): Promise<Answer>; close(): Promise<void> }

/**
 * Sends requests to others. An answer is read whole, within the time and the bytes given, both counted over all of it; redirects are
 * answers like any other; and it leaves by TLS or stays on this host. Throws CallFailure and nothing else.
 */
export const openLine = (limits: { timeoutMs: number; answerBytes: number }): Line => {
  const agent = new Agent({ connections: 16, pipelining: 1, maxResponseSize: limits.answerBytes, maxHeaderSize: 16_384, allowH2: false })
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
          signal: AbortSignal.timeout(limits.timeoutMs),
        })
        return { status: answer.statusCode, headers: answer.headers, body: Buffer.from(await answer.body.arrayBuffer()) }
      } catch (cause) {
        throw callFailureFrom(cause)
      }
    },
    close: () => agent.destroy(),
  }
}
