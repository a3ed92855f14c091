import {
  ConnectorInfo,
  ConnectorTenantPage,
  ConnectorUserDetail,
  ConnectorUserPage,
  ConnectorUserSearch,
} from '@countersign/contract/connector.ts'
import { Agent, type Dispatcher } from 'undici'
import type { z } from 'zod'
import { Refusal } from '../../errors.ts'
import type { Keys } from '../../keys.ts'
import type { Act, Connector, Page } from '../connector.ts'
import { answerLimitBytes, readAnswer } from './answer.ts'
import { newBreaker } from './breaker.ts'
import { claimsOf, signClaims } from './sign.ts'

export const callTimeoutMilliseconds = 5_000

type Options = {
  /** Address below which the protocol is spoken. It comes from the configuration, never from a request. */
  url: string
  audience: string
  /** Public address of the console, where the product finds the keys. */
  issuer: string
  keys: Pick<Keys, 'assertion'>
  timeoutMilliseconds?: number
}

const query = (members: Record<string, string | number | undefined>): string =>
  new URLSearchParams(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))).toString()

/** `.` and `..` are ids to us and directions to others: no such thing is asked for. */
const isSegment = (id: string): boolean => id !== '.' && id !== '..'

const garbled = (cause: string): Refusal => new Refusal('directory_garbled', { cause: new Error(cause) })

/** The directory of a product that speaks the connector protocol over HTTP. */
export const openHttpConnector = (options: Options): Connector & { close(): Promise<void> } => {
  const { origin, pathname } = new URL(options.url)
  const base = pathname.replace(/\/+$/, '')
  const agent = new Agent({ connections: 16, pipelining: 1, maxResponseSize: answerLimitBytes, maxHeaderSize: 16_384 })
  const breaker = newBreaker()

  const send = async (target: string, act?: Act): Promise<Dispatcher.ResponseData> => {
    const claims = claimsOf({ issuer: options.issuer, audience: options.audience, method: 'GET', target, act })
    const token = await signClaims(options.keys.assertion, claims)
    // The target goes out as signed: no address parser stands between. Redirects are answers like any other.
    return agent.request({
      origin,
      path: target,
      method: 'GET',
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'accept-encoding': 'identity' },
      signal: AbortSignal.timeout(options.timeoutMilliseconds ?? callTimeoutMilliseconds),
    })
  }

  /** Undefined for 404. */
  const ask = async <Shape extends z.ZodType>(shape: Shape, path: string, act?: Act): Promise<z.infer<Shape> | undefined> => {
    breaker.requireClosed()
    try {
      const value = await readAnswer(await send(`${base}${path}`, act))
      breaker.succeed()
      if (value === undefined) return undefined
      const parsed = shape.safeParse(value)
      if (!parsed.success) throw new Refusal('directory_garbled', { cause: parsed.error })
      return parsed.data
    } catch (cause) {
      if (cause instanceof Refusal && cause.code !== 'directory_unavailable') throw cause
      breaker.fail()
      throw cause instanceof Refusal ? cause : new Refusal('directory_unavailable', { cause })
    }
  }

  const askExisting = async <Shape extends z.ZodType>(shape: Shape, path: string, act?: Act): Promise<z.infer<Shape>> => {
    const answer = await ask(shape, path, act)
    if (answer === undefined) throw garbled(`404 for ${path}, which must exist`)
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

    close: () => agent.destroy(),
  }
}
