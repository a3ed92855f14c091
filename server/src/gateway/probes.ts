import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatProblem, Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import { ownHeaders } from './answer.ts'

type Needs = {
  /** What keeps the gateway from serving, if anything does. */
  findTrouble(): Promise<string | null>
  isClosing(): boolean
  secure: boolean
}

/** Answers a load balancer that looks whether we are there; false where the request is none of its kind. */
export type Probes = (request: IncomingMessage, response: ServerResponse) => boolean

/** However many ask, the database is asked once a second. */
const freshMs = 1_000

const isProbe = ({ method, url, headers }: IncomingMessage): boolean =>
  (url === '/healthz' || url === '/readyz') && (method === 'GET' || method === 'HEAD') && headers.authorization === undefined

/**
 * `/healthz` and `/readyz` of the gateway: not recorded, as nobody asks for anything, and the same for everybody, under whatever host name.
 * With a token the same path is the product's own.
 */
export const newProbes = ({ findTrouble, isClosing, secure }: Needs): Probes => {
  let known: { atMs: number; trouble: Promise<string | null> } | undefined
  const look = (): Promise<string | null> => {
    if (known && performance.now() - known.atMs < freshMs) return known.trouble
    const trouble = findTrouble().catch((error: unknown) => (error instanceof Error ? error.message : 'not ready'))
    known = { atMs: performance.now(), trouble }
    return trouble
  }
  const codeOf = async (url: string | undefined): Promise<'store_unavailable' | 'shutting_down' | undefined> => {
    if (url === '/healthz') return undefined
    if (isClosing()) return 'shutting_down'
    return (await look()) === null ? undefined : 'store_unavailable'
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = newId('request')
    const code = await codeOf(request.url)
    const refusal = code && new Refusal(code)
    const fine = { status: request.url === '/healthz' ? 'ok' : 'ready' }
    const body = JSON.stringify(refusal ? formatProblem(refusal, id) : fine)
    const type = refusal ? 'application/problem+json' : 'application/json'
    const more = request.complete ? [] : ['connection', 'close']
    response.writeHead(refusal?.status ?? 200, [
      ...ownHeaders(id, secure),
      'content-type',
      type,
      'content-length',
      String(Buffer.byteLength(body)),
      ...more,
    ])
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  return (request, response) => {
    if (!isProbe(request)) return false
    void answer(request, response)
    return true
  }
}
