import type { AccessLogRow } from '@countersign/contract/sessions.ts'
import type { AuditSearch } from '../audit/search.ts'

/** The audit around one request: its session in the time it took, with its first event open. */
export const auditOf = ({ at, duration_ms, log_index }: AccessLogRow, sessionId: string): AuditSearch => {
  const began = Date.parse(at)
  return {
    session_id: sessionId,
    from: new Date(began).toISOString(),
    // The end is exclusive, and is recorded a moment after the answer.
    to: new Date(began + Math.ceil(duration_ms ?? 0) + 1_000).toISOString(),
    event: String(log_index),
  }
}
