import { setTimeout as pause } from 'node:timers/promises'
import type { Visitor } from '../support/browser.ts'

/** What the program has told its callers: each only once its answer had arrived whole. */
export type Acknowledged = {
  /** Request ids of answers with status 200. */
  answered: string[]
  /** Request ids of refusals. */
  refused: string[]
  /** Ids of sessions. */
  created: string[]
  revoked: string[]
  /** Token of a session whose revocation was acknowledged. */
  revokedToken: string | undefined
  /** Requests that were answered otherwise, or not to the end. */
  broken: number
}

export type Load = { acknowledged: Acknowledged; stop(): Promise<void> }

const reads = ['/v1/attestations?limit=5', '/v1/members?limit=5', '/v1/billing/settings', '/v1/usage', '/v1/exports?limit=3']
const refusals = [
  ['POST', '/v1/attestations'],
  ['GET', '/v1/notifications/ntf_1'],
  ['POST', '/v1/account/password'],
  ['GET', '/v1/nowhere'],
] as const
const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)] as T

/** Calls the gateway and the console over a dozen connections until it is stopped. */
export const startLoad = (options: {
  gateway: string
  visitor: Visitor
  tenant: string
  token: string
  /** Path of an answer that takes a while. */
  stream: string
  random: () => number
}): Load => {
  const { gateway, visitor, tenant, random } = options
  const acknowledged: Acknowledged = { answered: [], refused: [], created: [], revoked: [], revokedToken: undefined, broken: 0 }
  const ending = new AbortController()

  const call = async (method: string, path: string, token = options.token): Promise<number> => {
    const response = await fetch(`${gateway}${path}`, { method, headers: { authorization: `Bearer ${token}` }, signal: ending.signal })
    await response.arrayBuffer()
    const id = response.headers.get('x-request-id') as string
    if (response.status === 200) acknowledged.answered.push(id)
    else if (response.status === 403) acknowledged.refused.push(id)
    else acknowledged.broken++
    return response.status
  }

  const openAndRevoke = async (): Promise<void> => {
    const opened = await visitor.send('POST', '/api/sessions', {
      tenant_id: tenant,
      reason: 'Looking into what a crash leaves',
      ttl_minutes: 5,
    })
    const answer = (await opened.json()) as { session: { id: string }; token: string }
    if (opened.status !== 201) return void acknowledged.broken++
    const { session, token } = answer
    acknowledged.created.push(session.id)
    await call('GET', reads[0] as string, token)
    const revoked = await visitor.send('POST', `/api/sessions/${session.id}/revocation`, { reason: 'done' })
    await revoked.json()
    if (revoked.status !== 200) return void acknowledged.broken++
    acknowledged.revoked.push(session.id)
    acknowledged.revokedToken = token
    if ((await call('GET', reads[0] as string, token)) === 200) throw new Error(`${session.id} was used after its revocation`)
  }

  let failure: unknown
  const repeat = async (work: () => Promise<unknown>): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await work()
      } catch (error) {
        if (error instanceof Error && /was used after/.test(error.message)) failure = error
        acknowledged.broken++
        await pause(10)
      }
    }
  }
  const workers = [
    ...Array.from({ length: 7 }, () => repeat(() => call('GET', pick(reads, random)))),
    ...Array.from({ length: 2 }, () => repeat(() => call('GET', options.stream))),
    ...Array.from({ length: 2 }, () => repeat(() => call('GET', `/assets/${Math.floor(random() * 80)}.js`))),
    repeat(() => {
      const [method, path] = pick(refusals, random)
      return call(method, path)
    }),
    ...Array.from({ length: 2 }, () => repeat(openAndRevoke)),
  ]
  return {
    acknowledged,
    stop: async () => {
      ending.abort()
      await Promise.all(workers)
      if (failure) throw failure
    },
  }
}
