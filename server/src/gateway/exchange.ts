import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { QueryPair } from '@countersign/contract/target.ts'
import { newId } from '../ids.ts'
import type { Place } from '../labels.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import type { HandOver } from '../sessions/views/hand-over.ts'
import type { Browsers } from './browser/headers.ts'
import type { Look } from './form-scan.ts'
import type { DeclaredRoute, RouteTable } from './routes.ts'
import type { CommittedSaid } from './said.ts'

/** Who sends a request: a program with a token, or a page of the product in a browser, at an origin of its view. */
export type Caller = 'bearer' | 'browser'

/** A connection that was taken off HTTP, and what came on it right behind the request. */
export type Tunnel = { readonly socket: Socket; readonly head: Buffer }

/** One request under judgement. Checks fill in what they found; nothing here is trusted before its check has passed. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Id that the caller, the upstream and the log see. */
  readonly id: string
  /** Monotonic clock. */
  readonly startedMs: number
  readonly method: string
  /** Path and query as they arrived. What is judged is what is forwarded: this very text. */
  target: string
  /** The caller waits for "100 Continue" before it sends the body. */
  readonly expects_continue: boolean
  /** It asks for a WebSocket where there may be one. */
  readonly tunnel: Tunnel | undefined
  readonly caller: Caller
  /** Of a browser: the origin of a view that the host names. */
  readonly place: Place | undefined
  /** Of a browser: the sister origin whose page sent it. */
  sister: string | undefined
  view_id: string | undefined
  /** A person did it, not a page by itself. */
  isByPerson: boolean
  path: string
  query: readonly QueryPair[]
  /** Names in lower case; only after the header check. */
  headers: ReadonlyMap<string, string>
  has_body: boolean
  /** Looks at a form's fields as they pass. */
  look: Look | undefined
  /** Of the token, or of the view's cookie. */
  token_hash: string
  facts: SessionFacts | undefined
  route: DeclaredRoute | undefined
  parameters: readonly string[]
  /** What the caller sent, as the events of the request commit to it; once it is about to be admitted. */
  said: CommittedSaid | undefined
}

/** What the checks judge by. */
export type Gate = {
  /** Values of the Host header that are ours. */
  authorities: ReadonlySet<string>
  routes: RouteTable
  maxRequestBytes: number
  /** True once the gateway is closing. */
  isClosing(): boolean
  /** True where the request line says another protocol than HTTP. */
  isOtherProtocol(request: IncomingMessage): boolean
  findFacts(tokenHash: string): SessionFacts | undefined | Promise<SessionFacts | undefined>
  /** The door for browsers, where there is one. */
  browsers: Browsers | undefined
  handOver: HandOver
  /** Callers reach the gateway by TLS. */
  secure: boolean
}

/** Throws a Refusal, or lets the request go on to the next check. */
export type Check = (exchange: Exchange, gate: Gate) => void | Promise<void>

const none: ReadonlyMap<string, string> = new Map()

export const newExchange = (
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
  place?: Place,
  tunnel?: Tunnel,
): Exchange => ({
  request,
  response,
  id: newId('request'),
  startedMs: performance.now(),
  method: request.method ?? '',
  target: request.url ?? '',
  expects_continue: expectsContinue,
  tunnel,
  caller: place ? 'browser' : 'bearer',
  place,
  sister: undefined,
  view_id: undefined,
  isByPerson: true,
  path: '',
  query: [],
  headers: none,
  has_body: false,
  look: undefined,
  token_hash: '',
  facts: undefined,
  route: undefined,
  parameters: [],
  said: undefined,
})
