import { sql } from 'kysely'
import type { Database } from '../database/open.ts'
import { type Html, html, time } from './html.ts'
import { layout } from './layout.ts'

const shown = 200

export type SupportCall = {
  seq: string
  received_at: Date
  act_id: string
  act: string
  target_kind: string
  target_id: string
  requested_by: string
  approved_by: string[] | null
  outcome: string | null
  code: string | null
  count: number | null
}

/** Every signed call to act that arrived, the newest first. */
export async function listSupportCalls({ db }: Database): Promise<SupportCall[]> {
  const found = await sql<SupportCall>`
    SELECT c.*, a.approved_by, CASE WHEN c.outcome = 'done' THEN a.count END AS count
    FROM support_calls c LEFT JOIN support_acts a ON a.id = c.act_id ORDER BY c.seq DESC LIMIT ${shown}`.execute(db)
  return found.rows
}

export const support = (calls: SupportCall[]): Html =>
  layout(
    'Support calls',
    html`<p class="lead">What support asked this product to do, as it arrived here: every signed call, also those that had no effect.</p>
<div class="wide" role="region" aria-label="Calls" tabindex="0"><table>
<thead><tr><th>received (UTC)</th><th>asked by</th><th>act</th><th>on</th><th>came of it</th><th>id</th></tr></thead>
<tbody>${calls.map(
      (call) => html`<tr>
<td>${time(call.received_at)}</td>
<td>${call.requested_by}${(call.approved_by ?? []).map((by) => html`<br><span class="hint">approved by ${by}</span>`)}</td>
<td>${call.act}</td><td>${call.target_id}</td>
<td>${call.outcome ?? 'no outcome'}${call.count !== null && html` · ${call.count}`}${call.code !== null && html` · ${call.code}`}</td>
<td><code>${call.act_id}</code></td></tr>`,
    )}</tbody></table></div>
${calls.length === 0 && html`<p>None yet.</p>`}`,
  )
