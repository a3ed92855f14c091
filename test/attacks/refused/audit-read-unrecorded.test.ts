import { randomBytes } from 'node:crypto'
import type { Event } from '@countersign/contract/events.ts'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { newReads } from '../../../server/src/audit/read.ts'
import { hashSecret } from '../../../server/src/identity/secret.ts'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { newId } from '../../../server/src/ids.ts'
import { readEvents } from '../../support/events.ts'
import { type Rig, startRig } from '../../support/rig.ts'
import { until } from '../../support/until.ts'

type Staff = Awaited<ReturnType<Rig['visitorWith']>>

let rig: Rig
let eve: Staff
beforeAll(async () => {
  rig = await startRig()
  // A log with nothing in it has no index to go on from.
  await (await rig.visitorWith(['auditor'])).get('/api/audit')
  await until(async () => (await rig.database.store.db.selectFrom('log_entries').select('log_index').execute()).length > 0)
})
beforeEach(async () => {
  eve = await rig.visitorWith(['support_admin'])
})
afterAll(() => rig?.close())

const readsOf = ({ staff_id }: Staff): Promise<Event[]> => readEvents(rig.database.store.pool, { action: 'AUDIT.READ', actor_id: staff_id })
const detailsOf = async (staff: Staff) => (await readsOf(staff)).map(({ details }) => details)
const cursorOf = (index: number) => Buffer.from(String(index)).toString('base64url')

const read = async (staff: Staff, path: string, headers: Record<string, string> = {}) => {
  const answer = await staff.get(path, headers)
  await answer.body?.cancel()
  expect([path, answer.status]).toEqual([path, 200])
}

it.each([
  ['a forged cursor', '/api/audit?cursor=', { filters: {}, before: 9 }],
  ['a forged cursor and filters', '/api/audit?tenant_id=ten_x&cursor=', { filters: { tenant_id: 'ten_x' }, before: 9 }],
])('records a page that is asked for with %s and nothing read before', async (_what, path, expected) => {
  await read(eve, `${path}${cursorOf(9)}`)
  expect(await detailsOf(eve)).toEqual([expected])
})

it('records a stream that is opened with a Last-Event-ID and nothing read before', async () => {
  await read(eve, '/api/audit/stream', { 'last-event-id': '0' })
  expect(await detailsOf(eve)).toEqual([{ filters: {}, after: 0 }])
})

it('records each first page, and each stream that does not go on with anything', async () => {
  await read(eve, '/api/audit')
  await read(eve, '/api/audit')
  await read(eve, '/api/audit/stream')
  await read(eve, '/api/audit/stream?after=0')
  expect(await detailsOf(eve)).toEqual(Array(4).fill({ filters: {} }))
})

it('takes the next page and a stream that is taken up again for the same read: same sign-in, same filters', async () => {
  await read(eve, '/api/audit?actor_id=a&limit=1')
  await read(eve, `/api/audit?limit=1&actor_id=a&cursor=${cursorOf(9)}`)
  await read(eve, '/api/audit/stream?actor_id=a&after=0', { 'last-event-id': '0' })
  expect(await detailsOf(eve)).toEqual([{ filters: { actor_id: 'a' } }])
})

it('records going on with other filters', async () => {
  await read(eve, '/api/audit?actor_id=a')
  await read(eve, `/api/audit?actor_id=b&cursor=${cursorOf(9)}`)
  await read(eve, '/api/audit/stream?tenant_id=ten_x', { 'last-event-id': '0' })
  expect(await detailsOf(eve)).toEqual([
    { filters: { actor_id: 'a' } },
    { filters: { actor_id: 'b' }, before: 9 },
    { filters: { tenant_id: 'ten_x' }, after: 0 },
  ])
})

it("records going on with somebody else's read", async () => {
  await read(await rig.visitorWith(['auditor']), '/api/audit')
  await read(eve, `/api/audit?cursor=${cursorOf(9)}`)
  expect(await detailsOf(eve)).toEqual([{ filters: {}, before: 9 }])
})

it('records going on after ten minutes, and forgets the oldest of too many', () => {
  let now = 1
  const reads = newReads({ now: () => now })
  const reader = { actor: { kind: 'system', id: 'test' } as const, sign_in: 'sis_1' }
  reads.add(reader, { actor_id: 'a' })
  now = 600_000
  expect(reads.has(reader, { actor_id: 'a' })).toBe(true)
  expect(reads.has({ ...reader, sign_in: 'sis_2' }, { actor_id: 'a' })).toBe(false)
  now = 600_002
  expect(reads.has(reader, { actor_id: 'a' })).toBe(false)
  reads.add(reader, { actor_id: 'a' })
  for (let n = 0; n < 10_000; n++) reads.add(reader, { actor_id: `b${n}` })
  expect(reads.has(reader, { actor_id: 'a' })).toBe(false)
})

it('refuses a cursor that is none before anything is read or recorded', async () => {
  expect((await eve.get('/api/audit?cursor=nonsense')).status).toBe(400)
  expect(await detailsOf(eve)).toEqual([])
})

it("C44 X3 records that a session's access log was read, where its tenant sees it", async () => {
  const tenantId = await rig.knownTenant()
  const id = newId('session')
  await rig.database.store.db
    .insertInto('support_sessions')
    .values({
      id,
      token_hash: hashSecret(randomBytes(32).toString('base64url')),
      tenant_id: tenantId,
      staff_id: eve.staff_id,
      digests: JSON.stringify({ reason: 'x' }),
      scopes: ['reports:read'],
      expires_at: new Date(Date.now() + 600_000),
    })
    .execute()
  await read(eve, `/api/sessions/${id}/access-log`)
  await read(eve, `/api/sessions/${id}/access-log?cursor=${cursorOf(9)}`)
  const other = await rig.visitorWith(['support_admin'])
  await read(other, `/api/sessions/${id}/access-log?cursor=${cursorOf(9)}`)
  const [event] = await readsOf(eve)
  expect(await detailsOf(eve)).toEqual([{ filters: { session_id: id } }])
  expect(await detailsOf(other)).toEqual([{ filters: { session_id: id }, before: 9 }])
  const { key } = await createKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    {
      tenant_id: tenantId,
      name: 'reads',
      permissions: ['audit:read'],
    } as never,
  )
  await expect
    .poll(async () => {
      const page = await fetch(`${rig.console_url}/v1/audit?action=AUDIT.READ`, { headers: { 'x-api-key': key } })
      return ((await page.json()) as { items: Event[] }).items.map((item) => item.id)
    })
    .toContain(event?.id)
})
