import type { ActionRequest, ActionState } from '@countersign/contract/action-requests.ts'
import type { ActionName, Risk } from '@countersign/contract/actions.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'

/** A request is over at `expires_at` by the database's clock, whether or not anybody has noted it. */
export const sqlState = sql<ActionState>`case
  when a.state in ('pending', 'approved') and a.expires_at <= clock_timestamp() then 'expired' else a.state end`

type Person = { id: string; email: string; name: string }
type Decision = { by: Person; at: string; reason: string | null; passkey_id: string | null; decision: 'approved' | 'rejected' }
type Row = {
  id: string
  action: ActionName
  state: ActionState
  risk: Risk
  requires: string
  target_kind: 'user' | 'tenant'
  target_id: string
  target_label: string
  tenant_id: string
  tenant_name: string | null
  parameters: Record<string, unknown>
  reason: string
  ticket: string | null
  requester: Person
  created_at: Date
  expires_at: Date
  state_at: Date
  approvals_needed: number
  count: number | null
  note: string | null
  session_id: string | null
  signed: string
  decisions: Decision[]
  created_us: string
}

const ended: readonly ActionState[] = ['done', 'failed', 'unknown', 'void', 'cancelled', 'expired']

const format = (row: Row): ActionRequest => {
  const { target_kind, target_id, target_label, decisions, created_us: _, created_at, expires_at, state_at, count, note, ...rest } = row
  const rejection = decisions.find(({ decision }) => decision === 'rejected')
  return {
    ...rest,
    target: { kind: target_kind, id: target_id, label: target_label },
    created_at: created_at.toISOString(),
    expires_at: expires_at.toISOString(),
    approvals: decisions
      .filter(({ decision }) => decision === 'approved')
      .map(({ by, at, passkey_id }) => ({ by, at, signature: passkey_id === null ? ('sign_in' as const) : ('passkey' as const) })),
    rejection: rejection ? { by: rejection.by, at: rejection.at, reason: rejection.reason ?? '' } : null,
    outcome: ended.includes(row.state) ? { at: (row.state === 'expired' ? expires_at : state_at).toISOString(), count, note } : null,
  }
}

/** Requests with all that people are shown of them, the newest first. */
export const selectRequests = async (
  db: Kysely<Tables>,
  where: RawBuilder<unknown>,
  limit = 1,
): Promise<{ request: ActionRequest; created_us: string }[]> => {
  const { rows } = await sql<Row>`
    select a.id, a.action, ${sqlState} as state, a.risk, a.requires, a.target_kind, a.target_id, a.target_label, a.tenant_id, t.name as tenant_name,
      a.parameters, a.reason, a.ticket, json_build_object('id', r.id, 'email', r.email, 'name', r.name) as requester,
      a.created_at, a.expires_at, a.state_at, a.approvals_needed, a.count, a.note, a.session_id, a.signed,
      to_char(a.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_us,
      coalesce((
        select json_agg(json_build_object(
          'by', json_build_object('id', s.id, 'email', s.email, 'name', s.name),
          'at', to_char(d.decided_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'reason', d.reason, 'passkey_id', d.passkey_id, 'decision', d.decision) order by d.decided_at)
        from action_decisions d join staff s on s.id = d.staff_id where d.request_id = a.id), '[]') as decisions
    from action_requests a
    join staff r on r.id = a.requester_id
    left join tenants t on t.id = a.tenant_id
    where ${where}
    order by a.created_at desc, a.id desc
    limit ${limit}`.execute(db)
  return rows.map((row) => ({ request: format(row), created_us: row.created_us }))
}

/** One request as it is now. */
export const getRequest = async (db: Kysely<Tables>, id: string): Promise<ActionRequest | undefined> =>
  (await selectRequests(db, sql`a.id = ${id}`))[0]?.request

/** The same, where it has to be there. */
export const requireRequest = async (db: Kysely<Tables>, id: string): Promise<ActionRequest> => {
  const request = await getRequest(db, id)
  if (!request) throw new Refusal('not_found')
  return request
}
