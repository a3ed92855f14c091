import type { Keys } from '../../keys.ts'
import type { PeerState } from '../../outbound/breaker.ts'
import type { Answer } from '../../outbound/line.ts'
import { openPeer, type PeerLog } from '../../outbound/peer.ts'
import { newSigner } from '../../outbound/sign.ts'
import type { ActOrder, Asker } from '../connector.ts'
import { claimsOf } from './claims.ts'

export const callTimeoutMilliseconds = 5_000
export const answerLimitBytes = 5_000_000

export type ConnectorOptions = {
  /** Address below which the protocol is spoken. It comes from the configuration, never from a request. */
  url: string
  audience: string
  /** Public address of the console, where the product finds the keys. */
  issuer: string
  keys: Pick<Keys, 'assertion'>
  timeoutMilliseconds?: number
  log?: PeerLog
}

export type Calls = {
  get(path: string, asker?: Asker): Promise<Answer>
  /** Sends the order under its id. Its token is a new one each time. */
  post(path: string, order: ActOrder, body: Buffer): Promise<Answer>
  state(): PeerState
  close(): Promise<void>
}

/** `.` and `..` are ids to us and directions to others: no such thing is asked for. */
export const isSegment = (id: string): boolean => id !== '.' && id !== '..'

/** Calls to the connector, each signed for itself. */
export const openCalls = ({ url, audience, issuer, keys, timeoutMilliseconds, log }: ConnectorOptions): Calls => {
  const { origin, pathname } = new URL(url)
  const base = pathname.replace(/\/+$/, '')
  const sign = newSigner({ privateKey: keys.assertion.privateKey, kid: keys.assertion.publicJwk.kid })
  const timeoutMs = timeoutMilliseconds ?? callTimeoutMilliseconds
  const peer = openPeer({ name: 'directory', timeoutMs, answerBytes: answerLimitBytes, log })
  const headersOf = (call: Omit<Parameters<typeof claimsOf>[0], 'issuer' | 'audience'>) => ({
    authorization: `Bearer ${sign(JSON.stringify(claimsOf({ issuer, audience, ...call })))}`,
    accept: 'application/json',
  })
  return {
    get: async (path, asker) => {
      const call = { method: 'GET', target: `${base}${path}` } as const
      return peer.call({ origin, ...call, headers: headersOf({ ...call, asker }), person: asker?.sub })
    },
    post: async (path, order, body) => {
      const call = { method: 'POST', target: `${base}${path}`, body } as const
      const headers = { ...headersOf({ ...call, asker: order.requested_by, order }), 'content-type': 'application/json' }
      return peer.call({ origin, ...call, headers, idempotencyKey: order.id, person: order.requested_by.sub })
    },
    state: peer.state,
    close: peer.close,
  }
}
