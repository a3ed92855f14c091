import type { EventPage } from '@countersign/contract/events.ts'
import type { Export } from '@countersign/contract/exports.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { unpack } from '../../exports/repack.ts'
import { fileOf, prepared, withKey } from '../../exports/rig.ts'
import type { Visitor } from '../../support/browser.ts'
import { newTenant } from '../../support/directory.ts'
import { type Rig, startRig } from '../../support/rig.ts'
import { until } from '../../support/until.ts'

const base = '/v1/audit/exports'
const canary = 'canary-of-b-5f1e'

let rig: Rig
let auditor: Visitor & { staff_id: string }
let keys: { id: string; key: string }[]
let a: ReturnType<typeof withKey>
let b: ReturnType<typeof withKey>
beforeAll(async () => {
  rig = await startRig({ world: { tenants: ['ten_a', 'ten_b'].map((id) => newTenant(0, { id, name: id })), people: [] } })
  await rig.knownTenant()
  auditor = await rig.visitorWith(['auditor'])
  const { store, journal } = rig.database
  keys = []
  for (const tenant of ['ten_a', 'ten_b'])
    keys.push(
      await createKey(
        { store, journal, principal: { kind: 'operator', id: 'tester' } },
        { tenant_id: tenant, name: 'SIEM', permissions: ['audit:read'] },
      ),
    )
  ;[a, b] = keys.map(({ key }) => withKey(rig.console_url, key)) as [typeof a, typeof b]
  await journal.recordAll(
    store.db,
    Array.from({ length: 60 }, (_, n) => ({
      action: 'TENANT.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'system' as const, id: 'test' },
      tenant_id: n % 2 === 0 ? 'ten_a' : 'ten_b',
      target: { kind: 'tenant' as const, id: n % 2 === 0 ? 'ten_a' : 'ten_b', label: n % 2 === 0 ? 'Acme' : canary },
    })),
  )
  await until(async () => (await (await auditor.get('/api/log')).json()).pending === 0)
})
afterAll(() => rig?.close())

describe('TI-1 TI-3 S16 an export by a tenant’s key', () => {
  it('has this tenant’s events alone, whatever else is asked for', async () => {
    const made = await prepared(a, { format: 'json' }, base)
    expect(made.filters).toEqual({ tenant_id: 'ten_a' })
    const files = unpack(await fileOf(a, made, base))
    const events = JSON.parse((files.get('events.json') as Buffer).toString()) as { tenant_id: string; action: string }[]
    expect(events.filter(({ action }) => action === 'TENANT.OPENED')).toHaveLength(30)
    expect(new Set(events.map(({ tenant_id }) => tenant_id))).toEqual(new Set(['ten_a']))
    expect(Buffer.concat([...files.values()]).includes(canary)).toBe(false)
    const refused = await a.send('POST', base, { format: 'json', filters: { tenant_id: 'ten_b' } })
    expect([refused.status, (await refused.json()).code]).toEqual([400, 'invalid_request'])
  })

  it('is where no other tenant finds it: there is nothing there, in the very words for what never was', async () => {
    const made = await prepared(a, {}, base)
    const never = `exp_${'0'.repeat(32)}`
    for (const [caller, at] of [
      [b, base],
      [auditor, '/api/exports'],
    ] as const) {
      for (const path of ['', '/file']) {
        const bodyOf = async (id: string) => {
          const answer = await caller.get(`${at}/${id}${path}`)
          const { request_id: _, ...body } = await answer.json()
          return [answer.status, body]
        }
        expect(await bodyOf(made.id)).toEqual(await bodyOf(never))
        expect((await bodyOf(made.id))[0]).toBe(404)
      }
    }
    const listed = (await (await b.get(base)).json()) as { items: Export[] }
    expect(listed.items.map(({ id }) => id)).not.toContain(made.id)
  })

  it('and whoever tries to take it is on the record of the tenant whose it is', async () => {
    const made = await prepared(a, {}, base)
    await b.get(`${base}/${made.id}/file`)
    await fileOf(a, made, base)
    const seen = await until(async () => {
      const page = (await (await a.get('/v1/audit?action=AUDIT.EXPORT.DOWNLOADED')).json()) as EventPage
      const own = page.items.filter(({ details }) => (details as { export_id: string }).export_id === made.id)
      return own.length === 2 && own
    })
    expect(seen.map(({ result, code, actor }) => [result, code, actor.id])).toEqual([
      ['ok', undefined, keys[0]?.id],
      ['deny', 'not_found', keys[1]?.id],
    ])
  })

  it('is of the former tenant’s events no more than the list, once the id is another’s', async () => {
    const made = await prepared(a, { filters: { action: 'TENANT.OPENED' } }, base)
    expect(made.rows).toBe(30)
    await rig.database.store.db
      .updateTable('tenants')
      .set({ known_since: new Date(Date.now() + 1000) })
      .where('id', '=', 'ten_a')
      .execute()
    // The key is the former one's as well; by the row that it would be of, nothing is shown either.
    const answer = await a.get(`${base}/${made.id}/file`)
    expect(answer.status).toBe(401)
    await rig.database.store.db
      .updateTable('api_keys')
      .set({ created_at: new Date(Date.now() + 2000) })
      .where('tenant_id', '=', 'ten_a')
      .execute()
    const changed = await a.get(`${base}/${made.id}/file`)
    await changed.arrayBuffer().then(
      () => expect(changed.status).not.toBe(200),
      () => {}, // cut where the first row would stand
    )
    const now = (await (await a.get(`${base}/${made.id}`)).json()) as Export
    expect([now.state, now.code]).toEqual(['failed', 'export_changed'])
  })
})
