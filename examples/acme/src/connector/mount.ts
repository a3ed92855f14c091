import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { JWTPayload } from 'jose'
import type { Acme } from '../acme.ts'
import { acts } from '../acts/table.ts'
import type { Faults } from '../faults.ts'
import { Problem } from '../problem.ts'
import { getAct, postAct } from './acts.ts'
import { requireCountersign } from './caller.ts'
import { searchUsers } from './search.ts'
import { getTenantDetails, listTenants } from './tenants.ts'
import { getUser, listTenantUsers } from './users.ts'

/** The connector: what support is shown of this product's tenants and users, and may have done to them. */
export function mountConnector(app: FastifyInstance, acme: Acme, faults: Faults | undefined): void {
  const claims = new WeakMap<FastifyRequest, JWTPayload>()
  const withFaults = (on: 'act' | 'outcome', handle: (request: FastifyRequest) => Promise<unknown>) => faults?.around(on, handle) ?? handle
  const actOn = (kind: 'user' | 'tenant') =>
    withFaults('act', (request) => postAct(acme, { request, claims: claims.get(request) ?? {}, kind }))

  app.register(
    async (scope) => {
      // The body's bytes are what was signed: they are taken as they are.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 100_000 }, (_request, body, done) => done(null, body))
      scope.setErrorHandler((error, request, reply) => {
        if (error instanceof Problem) return reply.status(error.status).send({ code: error.code, message: error.message })
        const status = (error as { statusCode?: number }).statusCode ?? 500
        if (status >= 500) request.log.error(error)
        return reply.status(status).send({ code: status < 500 ? 'bad_request' : 'internal', message: 'this call could not be answered' })
      })
      scope.addHook('preHandler', async (request) => {
        claims.set(request, await requireCountersign(acme, request, Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)))
      })
      scope.setNotFoundHandler(async () => {
        throw new Problem('not_found', 'the connector has no such address')
      })

      scope.get('/', async () => ({
        protocol: 'countersign-connector/1',
        product: 'Acme Attest',
        version: '0.1.0',
        acts: Object.keys(acts),
        features: ['user_lists', 'tenant_details'],
      }))
      scope.get('/tenants', (request) => listTenants(acme.database, request.query))
      scope.get('/tenants/:id', (request) => getTenantDetails(acme.database, (request.params as { id: string }).id))
      scope.get('/tenants/:id/users', (request) => listTenantUsers(acme.database, (request.params as { id: string }).id, request.query))
      scope.get('/users', (request) => searchUsers(acme.database, request.query))
      scope.post('/users/:id/acts', actOn('user'))
      scope.post('/tenants/:id/acts', actOn('tenant'))
      scope.get(
        '/acts/:id',
        withFaults('outcome', (request) => getAct(acme, (request.params as { id: string }).id)),
      )
      scope.get('/users/:id', (request) => getUser(acme.database, (request.params as { id: string }).id))
    },
    { prefix: '/countersign' },
  )
}
