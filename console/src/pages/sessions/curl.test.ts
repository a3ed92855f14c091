import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import { expect, it } from 'vitest'
import { startPath } from '../view/start.ts'
import { exampleRoute, fillPath, formatCurl } from './curl.ts'

const catalogue: ScopeCatalogue = {
  max_minutes: 60,
  presets: [{ name: 'read_only', scopes: ['projects:read'] }],
  scopes: [
    {
      scope: 'projects:read',
      routes: [
        { method: 'GET', path: '/api/tenants/:tenant_id/projects/:project_id' },
        { method: 'GET', path: '/api/tenants/:tenant_id/projects' },
      ],
    },
    { scope: 'projects:write', routes: [{ method: 'POST', path: '/x' }] },
    { scope: 'marks:write', routes: [{ method: 'GET', path: '/m' }] },
    { scope: 'billing:read', routes: [{ method: 'GET', path: '/b' }] },
  ],
}

it('takes a granted route that reads and leaves nothing to fill in', () => {
  expect(exampleRoute(catalogue, ['projects:read', 'projects:write'], { tenantId: 't 1' })).toEqual({
    method: 'GET',
    path: '/api/tenants/t%201/projects',
  })
  expect(exampleRoute(catalogue, ['projects:write', 'marks:write'], { tenantId: 't' })).toBeUndefined()
})

it('leaves parameters that the session does not answer', () => {
  expect(fillPath('/t/:tenant_id/users/:user_id', { tenantId: 'a' })).toBe('/t/a/users/:user_id')
  expect(fillPath('/t/:tenant_id/users/:user_id', { tenantId: 'a', userId: 'u/1' })).toBe('/t/a/users/u%2F1')
})

it('is a command in which a hostile id is only data', () => {
  const path = fillPath('/t/:tenant_id', { tenantId: `';reboot;'` })
  expect(formatCurl('http://localhost:4001/', path, 'css_x')).toBe(
    `curl -H 'Authorization: Bearer css_x' \\\n  'http://localhost:4001/t/'\\''%3Breboot%3B'\\'''`,
  )
  expect(formatCurl('http://localhost:4001', '/p', '$TOKEN')).toBe(`curl -H "Authorization: Bearer $TOKEN" \\\n  'http://localhost:4001/p'`)
})

const withPages: ScopeCatalogue = {
  max_minutes: 60,
  presets: [],
  scopes: [
    {
      scope: 'orders:read',
      routes: [
        { method: 'GET', path: '/v1/s', stream: 'websocket' },
        { method: 'GET', path: '/v1/orders' },
        { method: 'GET', path: '/v1/orders/:id' },
      ],
    },
    {
      scope: 'pages:read',
      routes: [
        { method: 'GET', path: '/:slug' },
        { method: 'GET', path: '/app' },
        { method: 'GET', path: '/app/orders' },
      ],
    },
    { scope: 'home:read', routes: [{ method: 'GET', path: '/' }] },
  ],
}
const viewed = (...scopes: string[]) => ({ scopes, tenant_id: 't', target_user_id: null })

it('takes no stream as the example for a program', () => {
  expect(exampleRoute(withPages, ['orders:read', 'pages:read'], { tenantId: 't' })?.path).toBe('/v1/orders')
})

it('C44 begins where the configuration says, at the root, or at the plainest page, never at a stream, and only where the session may', () => {
  expect(startPath(withPages, viewed('orders:read', 'pages:read', 'home:read'))).toBe('/')
  expect(startPath(withPages, viewed('orders:read', 'pages:read'))).toBe('/app')
  expect(startPath(withPages, viewed('orders:read'))).toBe('/v1/orders')
  expect(startPath({ ...withPages, start_page: '/app/orders?mine=1' }, viewed('pages:read', 'home:read'))).toBe('/app/orders?mine=1')
  expect(startPath({ ...withPages, start_page: '/app/orders' }, viewed('home:read'))).toBe('/')
})
