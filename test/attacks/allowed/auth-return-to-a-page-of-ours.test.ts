import { expect, it } from 'vitest'
import { isReturnTo } from '../../../server/src/identity/return-to.ts'

it.each([
  '/',
  '/?query=acme',
  '/tenants',
  '/tenants/ten_0001',
  '/tenants/a%2Fb%C3%A9',
  '/users/usr.1?ticket=%234831',
  '/audit?action=SUPPORT_SESSION.*&from=2026-11-20T00:00:00Z&q=a+b',
  '/audit?actor_id=https://idp.example/x',
  '/apiary',
])('WB-8 sends a person back to %j', (page) => {
  expect(isReturnTo(page)).toBe(true)
})
