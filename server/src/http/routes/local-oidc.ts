import { z } from 'zod'
import { answerLocal } from '../../identity/local-provider/answer.ts'
import { type LocalProvider, localPath } from '../../identity/local-provider/open.ts'
import type { Door } from '../door.ts'
import { problems } from '../fail.ts'
import { anyQuery } from '../input.ts'

/** The local OpenID provider, below the console's own address. It reads its bodies and writes its answers itself. */
export const localProviderRoutes = async (app: Door, local: LocalProvider): Promise<void> => {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.route({
      method: ['GET', 'POST'],
      url: `${localPath}/*`,
      exposeHeadRoute: false,
      config: { access: 'public' },
      schema: {
        tags: ['sign-in'],
        summary: 'The local OpenID provider (no issuer configured, loopback only)',
        querystring: anyQuery,
        response: { 200: z.any().describe('As OpenID Connect says'), ...problems },
      },
      handler: async (request, reply) => {
        for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value)
        reply.hijack()
        await answerLocal(local, request.raw, reply.raw)
      },
    })
  })
}
