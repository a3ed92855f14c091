import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../../support/sign-in-door.ts'

let door: SignInDoor
beforeAll(async () => {
  door = await startSignInDoor()
})
afterAll(() => door?.close())

const fill = (count: number, age: string) =>
  sql`
    insert into sign_in_flows (state_hash, browser_hash, nonce, code_verifier, return_to, created_at)
    select sha256(convert_to(${age} || n::text, 'utf8')), '', '', '', '/', clock_timestamp() - ${age}::interval
    from generate_series(1, ${count}::int) n`.execute(door.database.store.db)
const flows = async () => (await door.database.store.db.selectFrom('sign_in_flows').select('state_hash').execute()).length
const begin = (headers: Record<string, string> = {}) => newVisitor(door.url).get('/auth/sign-in?as=rob', headers)

it('refuses to begin more sign-ins than may be under way, and makes room as they grow too old', async () => {
  await fill(19_999, '9 minutes')
  await fill(50, '11 minutes')
  expect((await begin()).status).toBe(303)
  expect(await flows()).toBe(20_000)

  const refused = await begin()
  expect([refused.status, refused.headers.get('retry-after'), ((await refused.json()) as { code: string }).code]).toEqual([
    429,
    '60',
    'too_many_requests',
  ])
  const page = await begin({ accept: 'text/html' })
  expect([page.status, page.headers.get('location')]).toEqual([303, expect.stringContaining('refused=too_many_requests')])
  expect(refused.headers.getSetCookie()).toEqual([])
  expect(await flows()).toBe(20_000)

  await sql`update sign_in_flows set created_at = created_at - interval '2 minutes'`.execute(door.database.store.db)
  expect((await begin()).status).toBe(303)
  expect(await flows()).toBe(2)
})
