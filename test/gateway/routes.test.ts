import { describe, expect, it } from 'vitest'
import { addAssets } from '../../server/src/gateway/assets/table.ts'
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

  it('refuses a start page where no page is declared', () => {
    const routes = [route('GET', '/app'), { ...route('GET', '/live'), stream: 'sse' as const }]
    for (const start_page of ['/app', '/app?tab=1']) expect(() => compileRoutes({ routes, sinks: [], start_page })).not.toThrow()
    for (const start_page of ['/', '/live']) expect(() => compileRoutes({ routes, sinks: [], start_page })).toThrow('gateway.start_page')
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

  it('a parameter never matches a colon, however it is written', () => {
    const table = compileRoutes({
      routes: [
        route('POST', '/v1/invites/:id'),
        route('POST', '/v1/invites/:id:cancel', 'invites:cancel'),
        route('POST', '/v1/invites:batch'),
      ],
      sinks: [],
    })
    expect(table.find('POST', '/v1/invites/7')).toMatchObject({ route: { pattern: '/v1/invites/:id' }, parameters: ['7'] })
    expect(table.find('POST', '/v1/invites/7:cancel')).toMatchObject({ route: { scope: 'invites:cancel' }, parameters: ['7'] })
    expect(table.find('POST', '/v1/invites:batch')?.route.pattern).toBe('/v1/invites:batch')
    const undeclared = ['7:delete', '7%3Acancel', '7:', ':', ':cancel', '7:x:cancel', '7%3Ax:cancel', '7:Cancel']
    for (const last of undeclared) expect(table.find('POST', `/v1/invites/${last}`), last).toBeUndefined()
  })

  it('knows the tenant of a parameter that a verb follows', () => {
    const table = compileRoutes({ routes: [route('GET', '/v1/:kind/:tenant_id:export', 'x:read', ':tenant_id')], sinks: [] })
    const found = table.find('GET', '/v1/tenants/ten_a:export')
    expect(found?.parameters[found.route.tenant_index as number]).toBe('ten_a')
  })

  it('blocks a verb as a sink, in every spelling', () => {
    const table = compileRoutes({
      routes: [route('POST', '/v1/users/:id')],
      sinks: [{ method: 'POST', path: '/v1/users/:id:resetPassword' }],
    })
    for (const last of ['7:resetPassword', '7:resetpassword', '7%3AresetPassword', '7:resetPassword/'])
      expect(table.isSink('POST', `/v1/users/${last}`), last).toBe(true)
    for (const last of ['7', '7:rename', ':resetPassword', '7:resetPassword/log'])
      expect(table.isSink('POST', `/v1/users/${last}`), last).toBe(false)
  })

  it('`**` at the end of a sink is the path and everything below it', () => {
    const table = compileRoutes({ routes: [route('GET', '/v1/:a/:b')], sinks: [{ method: 'GET', path: '/v1/:area/admin/**' }] })
    for (const path of ['/v1/a/admin', '/v1/a/admin/', '/v1/a/admin/users', '/V1/b/ADMIN/users/7:reset/x/', '/v1/a/%41dmin/x'])
      expect(table.isSink('GET', path), path).toBe(true)
    for (const path of ['/v1/admin', '/v1/a/administrators', '/v1/a/b/admin/x', '/']) expect(table.isSink('GET', path), path).toBe(false)
    const all = compileRoutes({ routes: [route('GET', '/v1/:a')], sinks: [{ method: 'GET', path: '/**' }] })
    for (const path of ['/', '/v1', '/v1/a/b']) expect(all.isSink('GET', path), path).toBe(true)
    expect(all.isSink('POST', '/v1')).toBe(false)
  })

  it('a sink that ends with a slash blocks what it says', () => {
    const table = compileRoutes({ routes: [route('POST', '/v1/:a/')], sinks: [{ method: 'POST', path: '/v1/keys/' }] })
    for (const path of ['/v1/keys', '/v1/keys/']) expect(table.isSink('POST', path), path).toBe(true)
  })
})

describe('static files', () => {
  const tableOf = (assets: string[], ...routes: ReturnType<typeof route>[]) => {
    const declared = { routes, sinks: [], assets: assets.map((path) => ({ path })) }
    return addAssets(compileRoutes(declared), declared)
  }

  it('are found by GET and HEAD below their folder, without a scope', () => {
    const table = tableOf(['/static/:version/**', '/favicon.ico'], route('POST', '/static/7/upload'))
    for (const method of ['GET', 'HEAD'])
      expect(table.find(method, '/static/7/a/b.js')?.route).toMatchObject({ kind: 'asset', scope: null, pattern: '/static/:version/**' })
    expect(table.find('GET', '/favicon.ico')?.route.kind).toBe('asset')
    expect(table.find('POST', '/static/7/upload')?.route).toMatchObject({ kind: 'request', scope: 'x:read' })
    for (const path of ['/static', '/static/7', '/static/7/', '/static/7//a', '/static/7/a:b', '/favicon.ico/', '/favicon', '/'])
      expect(table.find('GET', path), path).toBeUndefined()
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) expect(table.find(method, '/favicon.ico'), method).toBeUndefined()
  })

  it.each([
    ['/assets/**', '/assets/reports/:id'],
    ['/assets/**', '/:any/reports'],
    ['/:any/**', '/v1/reports'],
    ['/reports', '/:id'],
  ])('%s leave no declared route its scope, so %s beside them is refused', (assets, path) => {
    for (const method of ['GET', 'HEAD'] as const) expect(() => tableOf([assets], route(method, path))).toThrow('opens without a scope')
  })
})
