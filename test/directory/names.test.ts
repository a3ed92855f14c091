import { ReadOverview } from '@countersign/contract/health.ts'
import { ListTenants } from '@countersign/contract/tenants.ts'
import { SearchUsers } from '@countersign/contract/users.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigFile } from '../../server/src/config.ts'
import { listTenants } from '../../server/src/directory/list-tenants.ts'
import { searchUsers } from '../../server/src/directory/search-users.ts'
import { readOverview } from '../../server/src/health/read-overview.ts'
import { newTenant } from '../support/directory.ts'
import { newRig, type Rig, rob } from './rig.ts'

const names = [
  'Straßenbau Łódź',
  'İSTANBUL Gıda',
  'Οδυσσεύς ΑΕ',
  '李',
  '株式会社カﾞラス',
  'می‌خواهم',
  'O’Brien & Co',
  'Zoe',
  'Émile',
  'e\u0301tude\u200b s',
]
const config = { health: ConfigFile.shape.health.parse({}) }
let rig: Rig
beforeAll(async () => {
  rig = await newRig({ tenants: names.map((name, n) => newTenant(n, { name })), people: [] })
  await rig.syncOnce()
})
afterAll(() => rig?.close())

const find = async (query: string): Promise<string[]> => {
  const listed = (await listTenants({ ...rig, principal: rob }, ListTenants.parse({ query }))).items.map(({ name }) => name)
  const health = await readOverview({ ...rig, config, principal: rob }, ReadOverview.parse({ query, sort: 'name' }))
  expect(health.items.map(({ tenant }) => tenant.name)).toEqual(listed)
  return listed
}

it.each([
  ['STRASSENBAU', 0],
  ['strassenbau lodz', 0],
  ['Straẞenbau', 0],
  ['istanbul', 1],
  ['ISTANBUL GIDA', 1],
  ['ıstanbul', 1],
  ['ΟΔΥΣΣΕΥΣ', 2],
  ['οδυσσευς', 2],
  ['李', 3],
  ['\ufeff李\u200b', 3],
  ['ガラス', 4],
  ['ميخواهم', 5],
  ["o'brien", 6],
  ['O’BRIEN\u00a0&', 6],
  ['emile', 8],
  ['E\u0301MILE', 8],
  ['ÉTUDE S', 9],
] as const)('C8 finds a tenant by %s', async (query, n) => {
  expect(await find(query)).toEqual([names[n]])
})

it.each(['Асme', '王', 'zoé\u0301x'])('C8 finds nobody by %s', async (query) => {
  expect(await find(query)).toEqual([])
})

it('C8 sorts names as they are folded', async () => {
  const { items } = await listTenants({ ...rig, principal: rob }, ListTenants.parse({ sort: 'name' }))
  const sorted = items.map(({ name }) => name)
  expect(sorted.indexOf('Émile')).toBeLessThan(sorted.indexOf('Zoe'))
})

it('asks the product for a name of one character, and without what was pasted along', async () => {
  for (const [typed, asked] of [
    ['李', '李'],
    ['\ufeffJose\u0301\u00a0\u200bLi\u00ad\u202e', 'José Li'],
    ['می‌خواهم', 'می‌خواهم'],
  ] as const) {
    rig.directory.calls.length = 0
    await searchUsers({ ...rig, principal: rob }, SearchUsers.parse({ query: typed }))
    const [call] = rig.directory.calls
    expect(new URL(call?.target ?? '', 'http://d').searchParams.get('query')).toBe(asked)
  }
})
