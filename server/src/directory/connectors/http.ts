import {
  ConnectorInfo,
  ConnectorTenantPage,
  ConnectorUserDetail,
  ConnectorUserPage,
  ConnectorUserSearch,
} from '@countersign/contract/connector.ts'
import type { z } from 'zod'
import { Refusal } from '../../errors.ts'
import type { Keys } from '../../keys.ts'
import type { PeerState } from '../../outbound/breaker.ts'
import { CallFailure } from '../../outbound/failure.ts'
import { readJson } from '../../outbound/json.ts'
import type { Answer } from '../../outbound/line.ts'
import { isUnwell, openPeer, type PeerLog } from '../../outbound/peer.ts'
import { newSigner } from '../../outbound/sign.ts'
import type { Act, Connector, Page } from '../connector.ts'
import { claimsOf } from './claims.ts'

export const callTimeoutMilliseconds = 5_000

type Options = {
  /** Address below which the protocol is spoken. It comes from the configuration, never from a request. */
  url: string
  audience: string
  /** Public address of the console, where the product finds the keys. */
  issuer: string
  keys: Pick<Keys, 'assertion'>
  timeoutMilliseconds?: number
  log?: PeerLog
}

export type HttpConnector = Connector & { state(): PeerState; close(): Promise<void> }

const query = (members: Record<string, string | number | undefined>): string =>
  new URLSearchParams(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))).toString()

/** `.` and `..` are ids to us and directions to others: no such thing is asked for. */
const isSegment = (id: string): boolean => id !== '.' && id !== '..'

const garbled = (detail: string): Refusal => new Refusal('directory_garbled', { cause: new CallFailure('garbled', detail) })

export const answerLimitBytes = 5_000_000

/** What has no answer in time is unavailable; what came and cannot be read is garbled. */
const refusalFrom = (cause: unknown): unknown => {
  if (!(cause instanceof CallFailure)) return cause
  const isGarbled = cause.kind === 'garbled' || cause.kind === 'too_large'
  return new Refusal(isGarbled ? 'directory_garbled' : 'directory_unavailable', { cause })
}

/** The JSON value of an answer; undefined for 404. */
const readValue = (answer: Answer): unknown => {
  if (answer.status === 404) return undefined
  if (isUnwell(answer.status)) throw new CallFailure('status', String(answer.status))
  if (answer.status !== 200) throw new CallFailure('garbled', `status ${answer.status}`)
  return readJson(answer)
}

/** The directory of a product that speaks the connector protocol over HTTP. */
export const openHttpConnector = (options: Options): HttpConnector => {
  const { issuer, audience, keys, log } = options
  const { origin, pathname } = new URL(options.url)
  const base = pathname.replace(/\/+$/, '')
  const sign = newSigner({ privateKey: keys.assertion.privateKey, kid: keys.assertion.publicJwk.kid })
  const peer = openPeer({
    name: 'directory',
    timeoutMs: options.timeoutMilliseconds ?? callTimeoutMilliseconds,
    answerBytes: answerLimitBytes,
    log,
  })

  const send = (target: string, act?: Act): Promise<Answer> => {
    const token = sign(JSON.stringify(claimsOf({ issuer, audience, method: 'GET', target, act })))
    return peer.call({ origin, target, method: 'GET', headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })
  }

  /** Undefined for 404. */
  const ask = async <Shape extends z.ZodType>(shape: Shape, path: string, act?: Act): Promise<z.infer<Shape> | undefined> => {
    try {
      const value = readValue(await send(`${base}${path}`, act))
      if (value === undefined) return undefined
      const parsed = shape.safeParse(value)
      if (!parsed.success) throw new CallFailure('garbled', 'another shape', { cause: parsed.error })
      return parsed.data
    } catch (cause) {
      throw refusalFrom(cause)
    }
  }

  const askExisting = async <Shape extends z.ZodType>(shape: Shape, path: string, act?: Act): Promise<z.infer<Shape>> => {
    const answer = await ask(shape, path, act)
    if (answer === undefined) throw garbled('404 for what must exist')
    return answer
  }

  return {
    info: () => askExisting(ConnectorInfo, '/'),

    async listTenants({ since, cursor, limit }) {
      return askExisting(ConnectorTenantPage, `/tenants?${query({ limit, cursor, since })}`)
    },

    async listTenantUsers(tenantId: string, { cursor, limit }: Page, act: Act) {
      if (!isSegment(tenantId)) return undefined
      const page = await ask(ConnectorUserPage, `/tenants/${encodeURIComponent(tenantId)}/users?${query({ limit, cursor })}`, act)
      // What is shown as one tenant's must be that tenant's.
      if (page?.items.some((user) => user.tenant_id !== tenantId)) throw garbled('a user of another tenant in the list of one')
      return page
    },

    async searchUsers(text, limit, act) {
      const { items } = await askExisting(ConnectorUserSearch, `/users?${query({ query: text, limit })}`, act)
      return items.slice(0, limit)
    },

    async findUser(userId, act) {
      if (!isSegment(userId)) return undefined
      const detail = await ask(ConnectorUserDetail, `/users/${encodeURIComponent(userId)}`, act)
      if (detail !== undefined && detail.user.id !== userId) throw garbled('another user than the one asked for')
      return detail
    },

    state: peer.state,
    close: peer.close,
  }
}
