import { toNodeHandler } from 'better-auth/node'
import type { FastifyInstance } from 'fastify'
import type { Acme } from '../acme.ts'
import { peerHeader } from './open.ts'

/** better-auth's own endpoints. It reads bodies itself, so nothing here may read them first. */
export function mountAuth(app: FastifyInstance, acme: Acme): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.all('/api/auth/*', async (request, reply) => {
      request.raw.headers[peerHeader] = request.raw.socket.remoteAddress ?? ''
      reply.hijack()
      await toNodeHandler(acme.auth())(request.raw, reply.raw)
    })
  })
}
