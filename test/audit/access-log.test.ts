import type { EventName, EventRequest } from '@countersign/contract/events.ts'
import { AccessLogPage } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAccessLog } from '../../server/src/audit/access-log.ts'
import { newId } from '../../server/src/ids.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
const session = newId('session')
const ids = numbers(6).map(() => newId('request'))
type Facts = Partial<EventRequest> & { code?: string }

const event = (action: EventName, request: number, { code, ...facts }: Facts = {}, session_id = session) =>
  eventOf(0, {
    action,
    session_id,
    code,
    details: undefined,
    request: { id: ids[request] as string, method: 'GET', path: `/p/${request}`, scope: 'a:read', ...facts },
  })

beforeAll(async () => {
  rig = await newRig()
  await rig.record(
    event('SUPPORT_SESSION.REQUEST.ADMITTED', 0),
    event('SUPPORT_SESSION.REQUEST.ADMITTED', 1),
    event('SUPPORT_SESSION.REQUEST.COMPLETED', 1, { status: 200, duration_ms: 12.5, bytes: 10 }),
    event('SUPPORT_SESSION.REQUEST.REFUSED', 2, { status: 403, code: 'scope_missing', method: 'POST' }),
    event('SUPPORT_SESSION.REQUEST.ADMITTED', 3),
    eventOf(0, { action: 'SUPPORT_SESSION.REVOKED', session_id: session, details: { revoked_by: 'opener' } }),
    event('SUPPORT_SESSION.REQUEST.ADMITTED', 5, {}, newId('session')),
    event('SUPPORT_SESSION.REQUEST.FAILED', 3, { status: 502, code: 'upstream_unavailable' }),
    event('SUPPORT_SESSION.REQUEST.COMPLETED', 0, { status: 200 }),
    event('SUPPORT_SESSION.REQUEST.CUT', 0, { bytes: 999, code: 'session_revoked' }),
    event('SUPPORT_SESSION.REQUEST.ADMITTED', 4),
  )
  await rig.sequencer.drain()
})
afterAll(() => rig.close())

describe('C40 C44 S4 the access log of a session', () => {
  it('has a row for every request, refused ones too, newest first', async () => {
    const page = AccessLogPage.parse(await listAccessLog(rig.store, session, { limit: 50 }))
    const rows = page.items.map(({ log_index, request_id, method, path, outcome, status, code, bytes }) => [
      log_index,
      ids.indexOf(request_id),
      method,
      path,
      outcome,
      status,
      code,
      bytes,
    ])
    expect(rows).toEqual([
      [10, 4, 'GET', '/p/4', 'admitted', null, null, null],
      [4, 3, 'GET', '/p/3', 'failed', 502, 'upstream_unavailable', null],
      [3, 2, 'POST', '/p/2', 'refused', 403, 'scope_missing', null],
      [1, 1, 'GET', '/p/1', 'completed', 200, null, 10],
      [0, 0, 'GET', '/p/0', 'cut', 200, 'session_revoked', 999],
    ])
    expect(page.next_cursor).toBeNull()
    expect(page.items[3]).toMatchObject({ scope: 'a:read', duration_ms: 12.5 })
  })

  it('pages by requests, not by events', async () => {
    const seen: number[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await listAccessLog(rig.store, session, { limit: 2, cursor: cursor ?? undefined })
      seen.push(...page.items.map(({ request_id }) => ids.indexOf(request_id)))
      cursor = page.next_cursor
    }
    expect(seen).toEqual([4, 3, 2, 1, 0])
  })

  it('is empty for a session without requests, and refuses a bad cursor', async () => {
    expect(await listAccessLog(rig.store, newId('session'), { limit: 5 })).toEqual({ items: [], next_cursor: null })
    await expect(listAccessLog(rig.store, session, { limit: 5, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
