import type { EventPage, LoggedEvent } from '@countersign/contract/events.ts'
import type { LogHead } from '@countersign/contract/proofs.ts'
import { parseCheckpoint, verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { conceal, judgeDisclosures } from '@countersign/log/disclosure.ts'
import { leafOf } from '@countersign/log/entry.ts'
import { parseNote, parseVerifierKey } from '@countersign/log/note.ts'
import { sha256 } from '@countersign/log/sha256.ts'
import { parseTlogProof, verifyTlogProof } from '@countersign/log/tlog-proof.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { newId } from '../../server/src/ids.ts'
import { readEvents } from '../support/events.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

let rig: Rig
let auditor: Awaited<ReturnType<Rig['visitorWith']>>
let [ours, theirs] = ['', '']
let key = ''

const asTenant = (path: string) => fetch(`${rig.console_url}/v1/audit${path}`, { headers: { 'x-api-key': key } })
const asStaff = (path: string) => auditor.get(`/api/audit${path}`)
const doors = [
  ['a tenant with its key', asTenant],
  ['staff', asStaff],
] as const

const findOne = async (tenantId: string): Promise<LoggedEvent> =>
  await until(async () => {
    const page = (await (await asStaff(`?tenant_id=${tenantId}&action=TENANT.OPENED`)).json()) as EventPage
    return page.items[0]
  })

const leafOfServed = ({ log_index: _, erased: __, erasure: ___, disclosures, ...event }: LoggedEvent) => {
  const entry = conceal(event)
  expect(judgeDisclosures(sha256, entry, disclosures ?? []).faults).toEqual([])
  return leafOf(sha256, entry)
}

beforeAll(async () => {
  rig = await startRig()
  auditor = await rig.visitorWith(['auditor'])
  const admin = await rig.visitorWith(['support_admin'])
  await rig.knownTenant()
  ;[ours, theirs] = await until(async () => {
    const rows = await rig.database.store.db.selectFrom('tenants').select('id').orderBy('id').execute()
    return rows.length > 1 ? (rows.map(({ id }) => id) as [string, string]) : undefined
  })
  for (const id of [ours, theirs]) expect((await admin.get(`/api/tenants/${id}`)).status).toBe(200)
  const created = await createKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    { tenant_id: ours, name: 'proofs' },
  )
  key = created.key
})
afterAll(() => rig?.close())

describe.each(doors)('M2 to %s', (_who, ask) => {
  it('serves one event with what shows that its values are those of the log', async () => {
    const listed = await findOne(ours)
    const answer = await ask(`/${listed.id}?proof=true`)
    expect(answer.status).toBe(200)
    const event = (await answer.json()) as LoggedEvent
    expect(event).toMatchObject({ id: listed.id, log_index: listed.log_index, tenant_id: ours, actor: listed.actor })
    expect(event.disclosures?.length).toBeGreaterThan(0)
    leafOfServed(event)
  })

  it('proves that it is in the log, in the form of C2SP tlog-proof, under a checkpoint that the log signed', async () => {
    const { id } = await findOne(ours)
    const event = (await (await ask(`/${id}?proof=true`)).json()) as LoggedEvent
    const answer = await ask(`/${id}/proof`)
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const text = await answer.text()
    const trusted = [parseVerifierKey(sha256, (await (await fetch(`${rig.console_url}/log/key`)).text()).trim())]
    const { index, checkpoint } = await verifyTlogProof(sha256, text, leafOfServed(event), trusted)
    expect(index).toBe(event.log_index)
    expect(checkpoint.size).toBeGreaterThan(index)
    expect(parseTlogProof(text).checkpoint.endsWith('\n')).toBe(true)
    // Another leaf is not in the log at that place.
    const other = leafOf(sha256, conceal({ ...event, log_index: undefined, disclosures: undefined, result: 'deny' }))
    await expect(verifyTlogProof(sha256, text, other, trusted)).rejects.toMatchObject({ code: 'root_mismatch' })
  })

  it('says what the log signed last, signed', async () => {
    const head = (await (await ask('/head')).json()) as LogHead
    const checkpoint = await verifyCheckpoint(head.checkpoint, [parseVerifierKey(sha256, head.key)])
    expect(parseCheckpoint(parseNote(head.checkpoint).text)).toEqual(checkpoint)
    expect(head).toMatchObject({
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: Buffer.from(checkpoint.root).toString('base64'),
    })
    expect(Number.isNaN(Date.parse(head.signed_at))).toBe(false)
  })

  it('does not know an event that is not there', async () => {
    for (const path of [`/${newId('event')}`, `/${newId('event')}/proof`]) {
      const answer = await ask(path)
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'not_found'])
    }
    const malformed = await ask('/not-an-id')
    expect([malformed.status, ((await malformed.json()) as { code: string }).code]).toEqual([400, 'invalid_request'])
  })
})

it('TI-1 answers for another tenant’s event word for word as for one that never was', async () => {
  const { id } = await findOne(theirs)
  const bodyOf = async (path: string) => {
    const answer = await asTenant(path)
    const { request_id, ...body } = (await answer.json()) as { request_id: string }
    expect(request_id).toMatch(/^req_/)
    return { status: answer.status, body, type: answer.headers.get('content-type') }
  }
  for (const rest of ['', '?proof=true', '/proof']) expect(await bodyOf(`/${id}${rest}`)).toEqual(await bodyOf(`/${newId('event')}${rest}`))
})

it('puts it on the record, for whom it concerns, that staff read one event, and not that they checked a proof', async () => {
  const { id } = await findOne(ours)
  const reads = () => readEvents(rig.database.store.pool, { action: 'AUDIT.READ', actor_id: auditor.staff_id })
  const before = (await reads()).length
  await asStaff(`/${id}/proof`)
  await asStaff('/head')
  expect((await reads()).length).toBe(before)
  await asStaff(`/${id}`)
  const recorded = await reads()
  expect(recorded.length).toBe(before + 1)
  expect(recorded.find(({ details }) => (details as { event_id?: string }).event_id === id)).toMatchObject({
    tenant_id: ours,
    result: 'ok',
  })
})
