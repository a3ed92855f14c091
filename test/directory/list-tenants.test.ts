import { type ListTenants, ListTenants as ListTenantsInput, tenantSorts } from '@countersign/contract/tenants.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listTenants } from '../../server/src/directory/list-tenants.ts'
import type { Refusal } from '../../server/src/errors.ts'
import { asSuperuser } from '../support/database.ts'
import { at, newTenant } from '../support/directory.ts'
import { newRig, type Rig, rob, staff } from './rig.ts'

let rig: Rig
const ask = (input: Partial<Record<keyof ListTenants, unknown>> = {}, who = rob) =>
  listTenants({ ...rig, principal: who }, ListTenantsInput.parse(input))
const refusalOf = (promise: Promise<unknown>): Promise<Refusal> =>
  promise.then(
    () => Promise.reject(new Error('answered')),
    (error) => error,
  )

/** Every page of a list, with what the caller does between them. */
const readAll = async (input: Partial<Record<keyof ListTenants, unknown>>, between: () => Promise<unknown> = async () => {}) => {
  const items = []
  for (let cursor: string | undefined; ; ) {
    const page = await ask({ ...input, cursor })
    items.push(...page.items)
    if (page.next_cursor === null) return items
    cursor = page.next_cursor
    await between()
  }
}

beforeAll(async () => {
  const statuses = ['active', 'trial', 'onboarding', 'pending', 'suspended', 'closed'] as const
  const tenants = Array.from({ length: 60 }, (_, n) =>
    newTenant(n, {
      name: n < 5 ? 'Same name' : `${['Ångström', 'ACME', 'Гамма', '株式会社', '100%_\\ sure', '\u{1F600}'.repeat(200)][n % 6]}${n % 12}`,
      status: statuses[n % 6],
      plan: n % 3 === 0 ? null : n % 3 === 1 ? 'team' : 'enterprise',
      user_count: n % 4 === 0 ? null : n % 7,
      created_at: at(n % 5),
    }),
  )
  rig = await newRig({ tenants: [...tenants, newTenant(99, { name: 'Gone' })], people: [] })
  await rig.syncOnce()
  await asSuperuser(rig.database.superuserUrl, `update tenants set deleted_at = now() where id = 'ten_0099'`)
})
afterAll(() => rig.close())

describe('C8–C10 the table of all tenants', () => {
  const orders = tenantSorts.flatMap((sort) => (['asc', 'desc'] as const).map((order) => [sort, order] as const))

  it.each(orders)('sorted by %s %s, it pages through each tenant once, whatever the page size', async (sort, order) => {
    const whole = (await ask({ sort, order, limit: 200 })).items
    expect(whole).toHaveLength(60)
    const keys = whole.map((tenant) => (sort === 'name' ? null : tenant[sort]))
    const seen = keys.filter((key) => key !== null)
    const sign = order === 'asc' ? 1 : -1
    expect(seen).toEqual(seen.toSorted((a, b) => (Number(a > b) - Number(a < b)) * sign))
    // Nulls stand last, in both orders.
    if (sort !== 'name') expect(keys.slice(seen.length).every((key) => key === null)).toBe(true)
    for (const limit of [1, 7, 59, 60]) {
      expect((await readAll({ sort, order, limit })).map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
    }
  })

  it('keeps its place while tenants come and go between two pages', async () => {
    const before = (await ask({ sort: 'user_count', limit: 200 })).items.map(({ id }) => id)
    let n = 0
    const items = await readAll({ sort: 'user_count', limit: 10 }, () => {
      n += 1
      return asSuperuser(
        rig.database.superuserUrl,
        `insert into tenants (id, name, status, user_count, created_at, updated_at) values ('new_${n}', 'New', 'trial', 0, now(), now())`,
      )
    })
    expect(items.map(({ id }) => id).filter((id) => !id.startsWith('new_'))).toEqual(before)
    await asSuperuser(rig.database.superuserUrl, `delete from tenants where id like 'new\\_%'`)
  })

  it('finds a part of a name in any case and script, or the start of an id', async () => {
    const ids = async (query: string) => (await readAll({ query, limit: 3 })).length
    expect(await ids('acme')).toBe(9)
    expect(await ids('ÅNGSTRÖM')).toBe(9)
    expect(await ids('гамм')).toBe(9)
    expect(await ids('会')).toBe(9)
    expect(await ids('ten_000')).toBe(10)
    expect(await ids('en_000')).toBe(0)
    expect(await ids('Gone')).toBe(0)
  })

  it('takes what a query says literally: no wildcards, no holes', async () => {
    expect((await ask({ query: '100%_\\' })).total).toBe(9)
    for (const query of ['%', '_', '\\', `' or 1=1 --`, '%%%%%%%%%%%%%%%%%%%%%%%']) {
      expect((await ask({ query })).total, query).toBe(['%', '_', '\\'].includes(query) ? 9 : 0)
    }
    for (const query of ['a\0b', '\ud800', '\u001b[2J']) expect(ListTenantsInput.safeParse({ query }).success, query).toBe(false)
  })

  it('counts what matches, and says when the directory last answered', async () => {
    const { total, synced_at, items } = await ask({ status: 'trial', query: 'acme', limit: 1 })
    expect(total).toBe((await readAll({ status: 'trial', query: 'acme' })).length)
    expect(items).toHaveLength(1)
    expect(Date.parse(synced_at ?? '')).toBeGreaterThan(Date.now() - 3_600_000)
  })

  it('refuses a cursor of another list, and one that was tampered with', async () => {
    const { next_cursor } = await ask({ sort: 'name', limit: 5 })
    const cursors = [
      [next_cursor, { sort: 'plan' }],
      [next_cursor, { order: 'desc' }],
      ['AAAA', {}],
      [Buffer.from('["user_count","asc","1; drop table","ten_1"]').toString('base64url'), { sort: 'user_count' }],
      [Buffer.from('["created_at","asc","9999999-01-01","ten_1"]').toString('base64url'), { sort: 'created_at' }],
      [Buffer.from('["name","asc",null,"ten_1"]').toString('base64url'), {}],
      [Buffer.from('["name","asc","a\\u0000","ten_1"]').toString('base64url'), {}],
      [Buffer.from('["name","asc","a","ten_1","more"]').toString('base64url'), {}],
    ] as const
    for (const [cursor, input] of cursors) {
      expect((await refusalOf(ask({ ...input, cursor }))).code, String(cursor)).toBe('invalid_request')
    }
  })

  it.each([['auditor'], ['support_manager']] as const)('C1 is not for %s', async (role) => {
    expect((await refusalOf(ask({}, staff('eve', [role])))).code).toBe('role_missing')
  })
})
