import type { EventPage, LoggedEvent } from '@countersign/contract/events.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let auditor: Awaited<ReturnType<Rig['visitorWith']>>
beforeAll(async () => {
  rig = await startRig()
  auditor = await rig.visitorWith(['auditor'])
})
afterAll(() => rig?.close())

const page = async (query: string): Promise<EventPage> => (await (await auditor.get(`/api/audit?${query}`)).json()) as EventPage

it('A34 has events newest first, over all pages, each exactly once', async () => {
  const total = 25
  for (let n = 0; n < total; n++) {
    await rig.database.journal.record(rig.database.store.db, {
      action: 'TENANT.OPENED',
      result: 'ok',
      actor: { kind: 'system', id: 'test' },
      target: { kind: 'tenant', id: 'ten_1' },
      note: String(n),
    })
  }
  await expect.poll(async () => (await page('actor_id=test&limit=200')).items.length).toBe(total)
  const seen: LoggedEvent[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { items, next_cursor }: EventPage = await page(`actor_id=test&limit=7${cursor && `&cursor=${cursor}`}`)
    seen.push(...items)
    cursor = next_cursor
  }
  expect(seen.map(({ note }) => Number(note))).toEqual(Array.from({ length: total }, (_, n) => total - 1 - n))
  const indexes = seen.map(({ log_index }) => log_index)
  expect(indexes).toEqual([...indexes].sort((a, b) => b - a))
})

it('A31 A32 A33 has for each event its time, who, its name in upper case, on what, the note and the result', async () => {
  const refused = await auditor.get('/api/tenants/ten_nobody')
  const requestId = refused.headers.get('x-request-id')
  const find = async () => (await page('action=ACCESS.DENIED')).items.find(({ request }) => request?.id === requestId)
  await expect.poll(find).toBeDefined()
  expect(await find()).toMatchObject({
    occurred_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    actor: { kind: 'staff', id: auditor.staff_id, name: 'Test Person' },
    action: 'ACCESS.DENIED',
    target: { kind: 'route', id: 'GET /api/tenants/:tenant_id' },
    note: 'needs support_admin or super_admin',
    result: 'deny',
  })
})

it('X3 A28 a read of several tenants is on the record of each, without what it asked of the others', async () => {
  const asked = { tenant_id: 'ten_a,ten_b', target_id: 'usr_of_b', result: 'deny' }
  await page(new URLSearchParams(asked).toString())
  const readsOf = async (tenant_id: string) =>
    (await page(`action=AUDIT.READ&tenant_id=${tenant_id}&actor_id=${auditor.staff_id}`)).items
      .map((event) => (event.action === 'AUDIT.READ' ? event.details?.filters : undefined))
      .filter((filters) => filters?.result === 'deny')
  await expect.poll(() => readsOf('ten_a')).toEqual([{ tenant_id: 'ten_a', result: 'deny' }])
  await expect.poll(() => readsOf('ten_b')).toEqual([{ tenant_id: 'ten_b', result: 'deny' }])
  const whole = (await page(`action=AUDIT.READ&actor_id=${auditor.staff_id}&limit=200`)).items
  expect(whole.find(({ tenant_id, details }) => tenant_id === undefined && JSON.stringify(details).includes('usr_of_b'))).toBeDefined()
})
