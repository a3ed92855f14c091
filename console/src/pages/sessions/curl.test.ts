import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import { expect, it } from 'vitest'
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
