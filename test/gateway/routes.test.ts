import { describe, expect, it } from 'vitest'
import { compileRoutes } from '../../server/src/gateway/routes.ts'

const route = (method: 'GET' | 'POST' | 'HEAD', path: string, scope = 'x:read', tenant?: string) => ({
  method,
  path,
  scope,
  ...(tenant ? { tenant } : {}),
})

describe('the route table', () => {
  it('matches exactly and case-sensitively, and nothing that is not declared', () => {
    const table = compileRoutes({ routes: [route('GET', '/v1/reports'), route('GET', '/v1/reports/:id')], sinks: [] })
    expect(table.find('GET', '/v1/reports')?.route.pattern).toBe('/v1/reports')
    expect(table.find('GET', '/v1/reports/7')).toMatchObject({ route: { pattern: '/v1/reports/:id' }, parameters: ['7'] })
    for (const path of ['/v1/reports/', '/V1/reports', '/v1/Reports', '/v1/reports/7/', '/v1/reports/7/8', '/v1/reports.json', '/', '/v1'])
      expect(table.find('GET', path), path).toBeUndefined()
    expect(table.find('HEAD', '/v1/reports')).toBeUndefined()
    expect(table.find('POST', '/v1/reports')).toBeUndefined()
  })

  it('prefers plain segments to parameters, from the left', () => {
    const table = compileRoutes({
      routes: [
        route('GET', '/v1/:a/export', 'a:read'),
        route('GET', '/v1/users/:id', 'b:read'),
        route('GET', '/v1/users/export', 'c:read'),
      ],
      sinks: [],
    })
    expect(table.find('GET', '/v1/users/export')?.route.scope).toBe('c:read')
    expect(table.find('GET', '/v1/users/7')?.route.scope).toBe('b:read')
    expect(table.find('GET', '/v1/teams/export')?.route.scope).toBe('a:read')
  })

  it('refuses two routes that match the same requests', () => {
    expect(() => compileRoutes({ routes: [route('GET', '/v1/:a'), route('GET', '/v1/:b')], sinks: [] })).toThrow('match the same requests')
  })

  it('blocks sinks in every spelling that a router behind us might accept', () => {
    const table = compileRoutes({
      routes: [route('POST', '/v1/:what')],
      sinks: [
        { method: 'POST', path: '/v1/Password' },
        { method: 'GET', path: '/v1/:id/logout' },
      ],
    })
    for (const path of ['/v1/Password', '/v1/password', '/v1/PASSWORD/', '/v1/password/'])
      expect(table.isSink('POST', path), path).toBe(true)
    expect(table.isSink('HEAD', '/v1/7/logout')).toBe(true)
    expect(table.isSink('POST', '/v1/passwords')).toBe(false)
    expect(table.isSink('GET', '/v1/password')).toBe(false)
  })
})
