import { userInfo } from 'node:os'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { runKeysCreate, runKeysList, runKeysRevoke } from '../../server/src/cli/keys.ts'
import { runStaffDisable, runStaffEnable, runStaffList } from '../../server/src/cli/staff.ts'
import { isKey } from '../../server/src/identity/key-format.ts'
import { signIn } from '../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../support/sign-in-door.ts'

let door: SignInDoor
let said: string[] = []
const say = (text: string) => said.push(text)
let explained: string[] = []
const explain = (text: string) => void explained.push(text)
const needs = () => ({ store: door.database.store, journal: door.database.journal })
beforeAll(async () => {
  door = await startSignInDoor()
  const at = new Date()
  await door.database.store.db
    .insertInto('tenants')
    .values({ id: 'ten_a', name: 'Globex', status: 'active', created_at: at, updated_at: at })
    .execute()
})
afterAll(() => door?.close())
beforeEach(() => {
  said = []
  explained = []
})
const operator = { kind: 'operator', id: userInfo().username }

it('creates a key and shows it once, lists it without, revokes it', async () => {
  await runKeysCreate(needs(), { tenant: 'ten_a', name: 'Globex SIEM', expiresInDays: '30' }, say, explain)
  const key = (said[0] as string).trim()
  expect(isKey(key)).toBe(true)
  expect(said).toEqual([key])
  expect(explained.join('\n')).toMatch(/Key key_[0-9a-f]{32} of tenant ten_a: audit:read; until \d{4}-/)
  const id = /key_[0-9a-f]{32}/.exec(explained.join())?.[0] as string
  expect((await door.events()).at(-1)).toMatchObject({
    action: 'KEY.CREATED',
    actor: operator,
    tenant_id: 'ten_a',
    target: { kind: 'key', id },
  })
  said = []
  await runKeysList(needs(), { tenant: 'ten_a' }, say)
  expect(said[0]).toContain(`${id}  ten_a`)
  expect(said[0]).toContain(`cs_live_…${key.slice(-4)}`)
  expect(said[0]).not.toContain(key)
  said = []
  await runKeysRevoke(needs(), id, say)
  await runKeysRevoke(needs(), id, say)
  expect(said).toEqual([`Key ${id} is revoked: it is refused from now on.`, `Key ${id} was already revoked.`])
  expect((await door.events()).filter(({ action }) => action === 'KEY.REVOKED')).toMatchObject([{ actor: operator, tenant_id: 'ten_a' }])
})

it.each([
  [{ tenant: 'ten a', name: 'x' }, 'tenant_id'],
  [{ tenant: 'ten_a', name: '' }, 'name'],
  [{ tenant: 'ten_a', name: 'a\u001b[2Jb' }, 'name'],
  [{ tenant: 'ten_a', name: 'x', permission: ['everything'] }, 'permissions'],
  [{ tenant: 'ten_a', name: 'x', expiresInDays: 'soon' }, 'expires_in_days'],
  [{ tenant: 'ten_a', name: 'x', expiresInDays: '0' }, 'expires_in_days'],
])('says what is wrong with %j', async (options, where) => {
  await expect(runKeysCreate(needs(), options, say, explain)).rejects.toThrow(where)
  expect(said).toEqual([])
})

it('refuses a tenant that the directory does not have, and a key that is not there', async () => {
  await expect(runKeysCreate(needs(), { tenant: 'ten_x', name: 'x' }, say, explain)).rejects.toThrow('The directory has no tenant ten_x.')
  await expect(runKeysRevoke(needs(), 'key_x', say)).rejects.toThrow('There is no API key key_x.')
})

it('lists, disables and enables staff by address or id', async () => {
  await signIn(door.url, 'rob')
  await runStaffList(needs(), {}, say)
  const id = /stf_[0-9a-f]{32}/.exec(said[0] as string)?.[0] as string
  expect(said[0]).toMatch(new RegExp(`${id}  rob@vendor.example  Robert Lindqvist  support_admin  .*enabled$`))
  said = []
  await runStaffDisable(needs(), 'rob@vendor.example', say)
  await runStaffDisable(needs(), id, say)
  await runStaffEnable(needs(), id, say)
  await runStaffEnable(needs(), id, say)
  expect(said).toEqual([
    `${id} is disabled; 1 sign-in ended.`,
    `${id} was already disabled.`,
    `${id} may sign in again.`,
    `${id} was not disabled.`,
  ])
  expect((await door.events()).slice(-2)).toMatchObject([
    { action: 'STAFF.DISABLED', actor: operator, target: { kind: 'staff', id } },
    { action: 'STAFF.ENABLED', actor: operator, target: { kind: 'staff', id } },
  ])
  await expect(runStaffDisable(needs(), 'nobody@vendor.example', say)).rejects.toThrow(
    'No staff member nobody@vendor.example has ever signed in.',
  )
})

it('does not guess between two staff members of one address', async () => {
  for (const subject of ['x', 'y']) {
    const id = `stf_${subject.repeat(32)}`
    await door.database.store.db
      .insertInto('staff')
      .values({ id, issuer: 'other', subject, email: 'twin@vendor.example', name: 'Twin' })
      .execute()
  }
  await expect(runStaffDisable(needs(), 'twin@vendor.example', say)).rejects.toMatchObject({ code: 'conflict' })
})

it('puts nothing on the terminal that could move its cursor', async () => {
  await door.database.store.db.updateTable('staff').set({ name: 'a\u001b]8;;x\u0007\u202eb' }).where('issuer', '=', 'other').execute()
  await runStaffList(needs(), {}, say)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
  expect(said[0]).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
})
