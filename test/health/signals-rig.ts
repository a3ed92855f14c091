import type { Problem } from '@countersign/contract/errors.ts'
import type { SignalsState } from '@countersign/contract/signals.ts'
import { sql } from 'kysely'
import { createIngestKey } from '../../server/src/identity/ingest-key/create.ts'
import { type Rig, startRig } from '../support/rig.ts'

export const operator = { kind: 'operator', id: 'root' } as const

export type Total = { calls: number; errors: number }

export type SignalRig = Rig & {
  key: string
  tenant: string
  ingestKey(name?: string): Promise<{ id: string; key: string }>
  /** What a door for signals answers. */
  post(
    path: string,
    body: Buffer | string | object,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown> & Partial<Problem> }>
  state(): Promise<SignalsState>
  /** What is written of a tenant. */
  total(tenantId?: string): Promise<Total>
  /** The same, minute by minute. */
  minutes(tenantId?: string): Promise<{ at: string; calls: number; errors: number }[]>
}

/** The whole server, with an ingest key. */
export const startSignalRig = async (options: { config?: string } = {}): Promise<SignalRig> => {
  const rig = await startRig(options)
  const { store, journal } = rig.database
  const ingestKey = (name = 'collector') => createIngestKey({ store, journal, principal: operator }, { name })
  const [{ key }, tenant, staff] = [await ingestKey(), await rig.knownTenant(), await rig.visitorWith(['support_admin'])]
  const minutes: SignalRig['minutes'] = async (tenantId = tenant) => {
    const { rows } = await sql<{ at: Date; calls: number; errors: number }>`
      select minute as at, sum(calls)::int as calls, sum(errors)::int as errors
      from health_minutes join tenant_health using (n) where tenant_id = ${tenantId} group by 1 having sum(calls) > 0 order by 1`.execute(
      store.db,
    )
    return rows.map(({ at, ...counted }) => ({ at: at.toISOString(), ...counted }))
  }
  return {
    ...rig,
    ...{ key, tenant, ingestKey, minutes },
    total: async (tenantId) =>
      (await minutes(tenantId)).reduce((sum, { calls, errors }) => ({ calls: sum.calls + calls, errors: sum.errors + errors }), {
        calls: 0,
        errors: 0,
      }),
    post: async (path, body, headers = {}) => {
      const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
      const answer = await fetch(`${rig.console_url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key, ...headers },
        body: isRaw ? (body as string) : JSON.stringify(body),
      })
      const text = await answer.text()
      const isJson = answer.headers.get('content-type')?.includes('json')
      return { status: answer.status, body: isJson ? JSON.parse(text) : { text } }
    },
    state: async () => (await (await staff.get('/api/signals/state')).json()) as SignalsState,
  }
}

/** The start of a minute, so many minutes ago. */
export const minuteAgo = (ago: number): string => new Date(Math.floor(Date.now() / 60_000) * 60_000 - ago * 60_000).toISOString()
