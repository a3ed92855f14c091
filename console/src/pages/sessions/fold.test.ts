import type { EventOf, LoggedEvent } from '@countersign/contract/events.ts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { foldAccess } from './fold.ts'

type RequestEvent = LoggedEvent & EventOf<`SUPPORT_SESSION.REQUEST.${'ADMITTED' | 'COMPLETED' | 'FAILED' | 'REFUSED' | 'CUT'}`>

const event = (
  log_index: number,
  action: RequestEvent['action'],
  request: string,
  more: Partial<RequestEvent['request']> = {},
  code?: string,
): RequestEvent => ({
  v: 1,
  id: `evt_${String(log_index).padStart(32, '0')}`,
  occurred_at: new Date(1_700_000_000_000 + log_index * 1000).toISOString(),
  action,
  category: 'support_session',
  result: action.endsWith('REFUSED') ? 'deny' : 'ok',
  actor: { kind: 'system', id: 'gateway' },
  session_id: 'ses_1',
  target: { kind: 'tenant', id: 'ten_1' },
  log_index,
  code,
  request: { id: `req_${request.padStart(32, '0')}`, method: 'GET', path: '/api/projects', scope: 'projects:read', ...more },
})

const admitted = event(1, 'SUPPORT_SESSION.REQUEST.ADMITTED', 'a')
const completed = event(2, 'SUPPORT_SESSION.REQUEST.COMPLETED', 'a', { status: 200, duration_ms: 8, bytes: 512 })
const refused = event(3, 'SUPPORT_SESSION.REQUEST.REFUSED', 'b', { status: 403 }, 'scope_missing')

it('C44 folds an admission and its completion into one row', () => {
  const [row, ...rest] = foldAccess([], [admitted, completed])
  expect(rest).toEqual([])
  expect(row).toMatchObject({
    log_index: 1,
    at: admitted.occurred_at,
    outcome: 'completed',
    status: 200,
    duration_ms: 8,
    bytes: 512,
    code: null,
    route: null,
  })
})

it('C44 shows an admission that is still under way, without a status', () => {
  expect(foldAccess([], [admitted])).toMatchObject([{ outcome: 'admitted', status: null, duration_ms: null }])
})

it('C44 shows refusals, with their code, newest first', () => {
  const rows = foldAccess([], [admitted, completed, refused])
  expect(rows.map((row) => [row.outcome, row.code])).toEqual([
    ['refused', 'scope_missing'],
    ['completed', null],
  ])
})

it.each([
  ['SUPPORT_SESSION.REQUEST.FAILED', 'failed', 'upstream_timeout'],
  ['SUPPORT_SESSION.REQUEST.CUT', 'cut', 'session_revoked'],
] as const)('keeps why a request ended: %s', (action, outcome, code) => {
  expect(foldAccess([], [admitted, event(5, action, 'a', { status: 504 }, code)])).toMatchObject([
    { outcome, code, status: 504, log_index: 1 },
  ])
})

it('does not undo a completion when the admission arrives again', () => {
  expect(foldAccess([], [completed, admitted])).toMatchObject([{ outcome: 'completed', log_index: 1 }])
})

it('leaves events alone that are not requests', () => {
  const created = { ...event(4, 'SUPPORT_SESSION.REQUEST.ADMITTED', 'c'), action: 'SUPPORT_SESSION.CREATED' } as unknown as LoggedEvent
  expect(foldAccess([], [created])).toEqual([])
})

const asset = (log_index: number, request: string) =>
  ({
    ...event(log_index, 'SUPPORT_SESSION.REQUEST.ADMITTED', request, { path: `/assets/${request}.js` }),
    action: 'SUPPORT_SESSION.ASSET.ADMITTED',
  }) as unknown as LoggedEvent
const load = (log_index: number, name: string, ...files: LoggedEvent[]) =>
  ({
    ...event(log_index, 'SUPPORT_SESSION.REQUEST.ADMITTED', name, { path: undefined, bytes: 9, duration_ms: 3 }),
    action: 'SUPPORT_SESSION.ASSET.LOADED',
    details: {
      count: files.length,
      statuses: { 200: files.length },
      files: files.map(({ request }) => ({ id: request?.id, status: 200, bytes: 9 })),
    },
  }) as unknown as LoggedEvent
const [first, second, third] = [asset(10, 'd'), asset(11, 'e'), asset(13, 'f')] as const
const loaded = load(12, '0', first, second)

it('C44 makes the files of a page one row, which has each of them; those that are still loading another', () => {
  expect(foldAccess([], [first])).toMatchObject([{ outcome: 'admitted', log_index: 10, files: [{ path: '/assets/d.js', status: null }] }])
  const rows = foldAccess([], [first, second, loaded, third])
  expect(rows).toMatchObject([
    { outcome: 'admitted', log_index: 13, files: [{ path: '/assets/f.js' }] },
    { outcome: 'completed', log_index: 12, at: first.occurred_at, path: '/assets/d.js', bytes: 9, request_id: loaded.request?.id },
  ])
  expect(rows[1]?.files).toMatchObject([
    { path: '/assets/d.js', status: 200, bytes: 9 },
    { path: '/assets/e.js', status: 200, bytes: 9 },
  ])
})

it('X10 comes to the same rows however the events were split, repeated and shuffled', () => {
  const arrival = fc.array(
    fc.constantFrom(admitted, completed, refused, event(6, 'SUPPORT_SESSION.REQUEST.ADMITTED', 'c'), first, second, third, loaded),
    {
      maxLength: 14,
    },
  )
  fc.assert(
    fc.property(arrival, fc.nat(12), (events, at) => {
      const whole = foldAccess([], events)
      expect(foldAccess(foldAccess([], events.slice(0, at)), events)).toEqual(whole)
      expect(foldAccess([], [...events, ...events])).toEqual(whole)
      expect(new Set(whole.map((row) => row.request_id)).size).toBe(whole.length)
    }),
  )
})
