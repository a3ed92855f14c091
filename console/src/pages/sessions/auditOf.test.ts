import type { AccessLogRow } from '@countersign/contract/sessions.ts'
import { expect, it } from 'vitest'
import { AuditSearch } from '../audit/search.ts'
import { auditOf } from './auditOf.ts'

const row: AccessLogRow = {
  log_index: 41,
  request_id: 'req_019aa0c4d2f07a31bb6c2f10d4e8a9b7',
  at: '2026-11-20T12:00:00.123456Z',
  method: 'GET',
  path: '/v1/usage',
  via: 'token',
  route: null,
  scope: 'usage:read',
  outcome: 'completed',
  status: 200,
  code: null,
  files: null,
  duration_ms: 250.4,
  bytes: 12,
}

it('leads to the events of one request: its session, its time, its place in the log', () => {
  const search = auditOf(row, 'ses_019aa0c4d2f07a31bb6c2f10d4e8a9b7')
  expect(search).toEqual({
    session_id: 'ses_019aa0c4d2f07a31bb6c2f10d4e8a9b7',
    from: '2026-11-20T12:00:00.123Z',
    to: '2026-11-20T12:00:01.374Z',
    event: '41',
  })
  expect(AuditSearch.parse(search)).toEqual(search)
})

it('has an end also for a request that is under way', () => {
  expect(auditOf({ ...row, duration_ms: null }, 's').to).toBe('2026-11-20T12:00:01.123Z')
})
