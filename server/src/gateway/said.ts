import { Committed } from '@countersign/contract/events/members.ts'
import { type DisclosureRow, digestOfRow, newSalt } from '../audit/commit.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { escapeInput, escapePath } from './escape.ts'
import type { Exchange } from './exchange.ts'

/** What a caller sent, as it is recorded: the path, and the request id that it has given itself (HD-12; ours is the one that counts). */
export type Said = { path: string; client_request_id: string | undefined }

export const saidBy = ({ target, headers }: Exchange): Said => {
  const given = headers.get('x-request-id')
  return { path: escapePath(target), client_request_id: given === undefined || given === '' ? undefined : escapeInput(given, 128) }
}

/**
 * The same in the digests to which all events of an admitted request commit. The values are kept once, for the request: they come
 * with the admission.
 */
export type CommittedSaid = { rows: readonly DisclosureRow[]; path: string; client_request_id: string | undefined }

export const commitSaid = (exchange: Exchange, { tenant_id }: SessionFacts): CommittedSaid => {
  if (exchange.said) return exchange.said
  const rows: DisclosureRow[] = []
  const commit = (member: string, text: string): string => {
    const row = { holder: exchange.id, member, salt: newSalt(), value: JSON.stringify(text), tenant_id }
    rows.push(row)
    return digestOfRow(row)
  }
  const { path, client_request_id: given } = saidBy(exchange)
  const made = {
    rows,
    path: commit('request.path', path),
    client_request_id: given === undefined ? undefined : commit('details.client_request_id', given),
  }
  exchange.said = made
  return made
}

/** What an event says of an admitted request's path and id: that they were committed to. */
export const committedSaid = (exchange: Exchange, facts: SessionFacts) => {
  const { path, client_request_id: given } = commitSaid(exchange, facts)
  return { path: new Committed(path), client_request_id: given === undefined ? undefined : new Committed(given) }
}
