import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { formatProblem, Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import { isMute } from '../inbound/room.ts'
import { requireHost } from './access.ts'
import { sendProblem } from './fail.ts'
import type { securityHeaders } from './headers.ts'

type OwnHeaders = ReturnType<typeof securityHeaders>

/** What Node refuses before there is a request: broken framing, oversized headers, a header that never ends. */
export const answerBrokenRequest =
  (own: OwnHeaders) =>
  (error: Error & { code?: string }, socket: Socket): void => {
    if (!socket.writable || socket.destroyed) return
    if (isMute(error, socket)) return void socket.destroy()
    const code =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? 'headers_too_large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? 'request_timeout'
          : 'invalid_request'
    const refusal = new Refusal(code)
    const requestId = newId('request')
    const body = JSON.stringify(formatProblem(refusal, requestId))
    const headers = Object.entries({
      ...own,
      'x-request-id': requestId,
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    })
    socket.end(`HTTP/1.1 ${refusal.status} Refused\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
  }

/** Headers stand on the raw answer, so that streams and hijacked answers carry them too. */
export const setOwnHeaders = (own: OwnHeaders, { id }: FastifyRequest, { raw }: FastifyReply): void => {
  for (const [name, value] of Object.entries(own)) raw.setHeader(name, value)
  raw.setHeader('x-request-id', id)
}

/** What the HTTP library refuses before a route is found, and before any hook: answered as everything else is. */
export const answerUnrouted =
  (publicUrl: string, own: OwnHeaders) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    setOwnHeaders(own, request, reply)
    try {
      requireHost(request, publicUrl)
    } catch (refusal) {
      return sendProblem(refusal as Refusal, request, reply)
    }
    return sendProblem(error, request, reply)
  }
