import { digestOf, parseDisclosure } from '@countersign/log/disclosure.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listEvents, listTenantEvents } from '../../server/src/audit/list.ts'
import { newId } from '../../server/src/ids.ts'
import { asSuperuser } from '../support/database.ts'
import { newRig, type Rig } from './rig.ts'

let rig: Rig
const rob = { kind: 'staff' as const, id: newId('staff'), issuer: 'https://id', subject: 'rob', email: 'rob@vendor.example', name: 'Rob' }
const opened = (user: string, email: string, tenant: string) =>
  ({
    action: 'CONSOLE.OPENED',
    result: 'ok',
    actor: rob,
    tenant_id: tenant,
    target: { kind: 'user', id: user, label: email },
    ticket: '#4831',
  }) as const

beforeAll(async () => {
  rig = await newRig()
  await rig.record(opened('usr_1', 'eve@globex.example', 'ten_a'), opened('usr_2', 'eve@globex.example', 'ten_b'), {
    action: 'USER.SEARCHED',
    result: 'ok',
    actor: rob,
    details: { query: 'eve\u2028\ud83d\ude00 "quoted"', count: 2, user_ids: ['usr_1', 'usr_2'] },
  })
  await rig.sequencer.drain()
})
afterAll(() => rig.close())

const page = async (how = {}) => (await listEvents(rig.store, { action: '-LOG.TALLIED' }, { limit: 10, ...how })).items.toReversed()
const bodies = async () =>
  (await rig.store.db.selectFrom('events').select('body').where('n', '>', '0').orderBy('n').execute()).map(({ body }) => body)

describe('M3 an event', () => {
  it('says nothing of persons in the log, and all of it where it is read', async () => {
    const all = (await bodies()).join()
    for (const text of ['eve', 'rob@', 'Rob', '4831', 'quoted']) expect(all).not.toContain(text)
    const [first, , third] = await page()
    expect(first).toMatchObject({ actor: rob, target: { label: 'eve@globex.example' }, ticket: '#4831' })
    expect(third?.details).toEqual({ query: 'eve\u2028\ud83d\ude00 "quoted"', count: 2, user_ids: ['usr_1', 'usr_2'] })
    expect(first).not.toHaveProperty('erasable')
    expect(first).not.toHaveProperty('erased')
  })

  it('commits to equal values by different digests, so that guessing is no use', async () => {
    const digests = (await bodies()).map((body) => JSON.parse(body).erasable['actor.email'])
    expect(new Set(digests).size).toBe(3)
  })

  it('comes with its disclosures where proof is asked for', async () => {
    const [first] = await page({ proof: true })
    const given = (first?.disclosures ?? []).map((text) => [parseDisclosure(text).name, digestOf(sha256, text)])
    expect(Object.fromEntries(given)).toEqual(first?.erasable)
    expect(Object.keys(first?.erasable ?? {}).sort()).toEqual(['actor.email', 'actor.name', 'target.label', 'ticket'])
  })

  it('is found by its ticket, which stands beside it', async () => {
    const found = await listEvents(rig.store, { ticket: '#4831' }, { limit: 10 })
    expect(found.items.map(({ log_index }) => log_index)).toEqual([1, 0])
    expect((await listEvents(rig.store, { ticket: '#48' }, { limit: 10 })).items).toEqual([])
  })

  it('TI-1 S16 is shown to its own tenant with the values, and nothing of another tenant lies open in that role', async () => {
    const { items } = await listTenantEvents(rig.store, 'ten_a', {}, { limit: 10, proof: true })
    expect(items).toMatchObject([{ target: { id: 'usr_1', label: 'eve@globex.example' }, actor: { email: rob.email } }])
    const seen = await rig.store.db.transaction().execute(async (tx) => {
      await sql`set local role countersign_tenant`.execute(tx)
      await sql`select set_config('countersign.tenant_id', 'ten_a', true)`.execute(tx)
      return await tx.selectFrom('disclosures').select('tenant_id').distinct().execute()
    })
    expect(seen).toEqual([{ tenant_id: 'ten_a' }])
  })

  it('is not recorded with a member that nobody declared', async () => {
    const event = { ...opened('usr_1', 'x', 'ten_a'), details: { secret: 1 } }
    await expect(rig.record(event as never)).rejects.toThrow('an event has no member details')
  })
})

describe('M3 AU-2 a value that is not the one of its digest', () => {
  it('is not shown, wherever it is read, and is named as missing', async () => {
    await asSuperuser(
      rig.superuserUrl,
      `update disclosures set value = '"mallory@evil.example"' where value like '%globex%' and tenant_id = 'ten_b'`,
    )
    const [, second] = await page()
    expect(second?.target).toEqual({ kind: 'user', id: 'usr_2' })
    expect(second?.erased).toEqual(['target.label'])
    expect(JSON.stringify(await page({ proof: true }))).not.toContain('mallory')
  })

  it('is absent where it was deleted; no erasure is made up for it', async () => {
    await asSuperuser(rig.superuserUrl, `delete from disclosures where member = 'details.query'`)
    const [, , third] = await page()
    expect(third?.details).toEqual({ count: 2, user_ids: ['usr_1', 'usr_2'] })
    expect(third).toMatchObject({ erased: ['details.query'] })
    expect(third).not.toHaveProperty('erasure')
  })
})

it('M3 two disclosures of one member are refused by the database', async () => {
  const again = `insert into disclosures (holder, member, salt, value) select holder, member, salt, value from disclosures limit 1`
  await expect(asSuperuser(rig.superuserUrl, again)).rejects.toMatchObject({ code: '23505' })
})
