import { ConnectorInfo, ConnectorTenantDetails, unjudged } from '@countersign/contract/connector.ts'
import { Account, Factor, User, UserSession } from '@countersign/contract/users.ts'
import type { z } from 'zod'
import { Refusal } from '../../errors.ts'
import type { PeerState } from '../../outbound/breaker.ts'
import { CallFailure } from '../../outbound/failure.ts'
import { readJson } from '../../outbound/json.ts'
import type { Answer } from '../../outbound/line.ts'
import { isUnwell } from '../../outbound/peer.ts'
import { remember } from '../../outbound/remember.ts'
import type { Asker, Connector } from '../connector.ts'
import { readRows } from '../rows.ts'
import { readTenantRow } from '../tenant-rows.ts'
import { newActs } from './acts.ts'
import { type ConnectorOptions, isSegment, openCalls } from './calls.ts'

export type HttpConnector = Connector & { state(): PeerState; close(): Promise<void> }

const query = (members: Record<string, string | number | undefined>): string =>
  new URLSearchParams(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))).toString()

const garbled = (detail: string): Refusal => new Refusal('directory_garbled', { cause: new CallFailure('garbled', detail) })

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

const mostRoles = 100

/** Roles to choose from: what cannot be one, or are too many to choose from, is left out. */
const rolesOf = (given: readonly unknown[] = []): string[] =>
  given.filter((role): role is string => typeof role === 'string' && role.length <= 200).slice(0, mostRoles)

/** The directory of a product that speaks the connector protocol over HTTP. */
export const openHttpConnector = (options: ConnectorOptions): HttpConnector => {
  const calls = openCalls(options)

  /** Undefined for 404. */
  const ask = async <Shape extends z.ZodType>(shape: Shape, path: string, asker?: Asker): Promise<z.infer<Shape> | undefined> => {
    try {
      const value = readValue(await calls.get(path, asker))
      if (value === undefined) return undefined
      const parsed = shape.safeParse(value)
      if (!parsed.success) throw new CallFailure('garbled', 'another shape', { cause: parsed.error })
      return parsed.data
    } catch (cause) {
      throw refusalFrom(cause)
    }
  }

  const askExisting = async <Shape extends z.ZodType>(shape: Shape, path: string, asker?: Asker): Promise<z.infer<Shape>> => {
    const answer = await ask(shape, path, asker)
    if (answer === undefined) throw garbled('404 for what must exist')
    return answer
  }

  const info = () => askExisting(ConnectorInfo, '/')
  const known = remember(info, { freshMs: 60_000, failedMs: 1_000 })
  return {
    info,
    acts: async () => (await known()).acts,
    features: async () => (await known()).features,
    ...newActs(calls, refusalFrom),

    async listTenants({ since, cursor, limit }) {
      const { items, ...page } = await askExisting(unjudged.tenants, `/tenants?${query({ limit, cursor, since })}`)
      const rows = items.map(readTenantRow)
      return {
        ...page,
        tenants: rows.flatMap((row) => ('tenant' in row ? [row.tenant] : [])),
        unreadable: rows.flatMap((row) => ('unreadable' in row ? [row.unreadable] : [])),
      }
    },

    async listTenantUsers(tenantId, { limit, cursor, ...narrowing }, asker) {
      if (!isSegment(tenantId)) return undefined
      const path = `/tenants/${encodeURIComponent(tenantId)}/users?${query({ limit, cursor, ...narrowing })}`
      const page = await ask(unjudged.users, path, asker)
      // What is shown as one tenant's must be that tenant's.
      const ofTenant = User.refine((user) => user.tenant_id === tenantId, { path: ['tenant_id'] })
      return page && { ...readRows(ofTenant, page.items), next_cursor: page.next_cursor, roles: rolesOf(page.roles) }
    },

    async findTenantDetails(tenantId, asker) {
      if (!isSegment(tenantId)) return undefined
      return await ask(ConnectorTenantDetails, `/tenants/${encodeURIComponent(tenantId)}`, asker)
    },

    async searchUsers(text, limit, asker) {
      const { items } = await askExisting(unjudged.found, `/users?${query({ query: text, limit })}`, asker)
      return readRows(User, items.slice(0, limit))
    },

    async findUser(userId, asker) {
      if (!isSegment(userId)) return undefined
      const detail = await ask(unjudged.user, `/users/${encodeURIComponent(userId)}`, asker)
      if (detail === undefined) return undefined
      const { user, account, factors, sessions } = detail
      if (user.id !== userId) throw garbled('another user than the one asked for')
      return {
        user,
        account: readRows(Account, account === undefined ? [] : [account]),
        factors: readRows(Factor, factors),
        sessions: readRows(UserSession, sessions),
      }
    },

    state: calls.state,
    close: calls.close,
  }
}
