import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { z } from 'zod'
import { Refusal, Trouble } from '../../errors.ts'
import type { Door } from '../door.ts'
import { anyQuery } from '../input.ts'

const schema = { tags: ['console'], response: { 200: z.any().describe('text/html') } }

/** The console: hashed files below /assets, and its one page for every address that a person may open. */
export const consoleRoutes = async (app: Door, needs: { consoleDir: string; paths: readonly string[] }): Promise<void> => {
  const page = join(needs.consoleDir, 'index.html')
  if (!existsSync(page)) throw new Trouble('The console is not built.', 'Run `npm start`, which builds it, or `npm run build -w console`.')
  const html = readFileSync(page)
  await app.register(fastifyStatic, {
    root: join(needs.consoleDir, 'assets'),
    serve: false,
    index: false,
    dotfiles: 'deny',
    cacheControl: false,
    // Only of a file that is there: the names carry a hash of the content, and nothing of a tenant is in the files.
    setHeaders: (reply) => reply.header('cache-control', 'public, max-age=31536000, immutable'),
    // Brotli and gzip as the build has made them, for whoever takes them.
    preCompressed: true,
  })
  app.get(
    '/assets/:name',
    {
      config: { access: 'public' },
      exposeHeadRoute: true,
      schema: {
        ...schema,
        summary: 'A file of the console',
        params: z.object({ name: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}$/) }),
      },
    },
    async (request, reply) => reply.sendFile(request.params.name),
  )
  for (const path of needs.paths) {
    app.get(
      path,
      { config: { access: 'public' }, exposeHeadRoute: true, schema: { ...schema, summary: 'The console', querystring: anyQuery } },
      async (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .serializer((body: unknown) => body as string)
          .send(html),
    )
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage = ['GET', 'HEAD'].includes(request.method) && (request.headers.accept ?? '').toLowerCase().includes('text/html')
    if (!wantsPage) throw new Refusal('not_found')
    // The console shows its own page for an address it does not know.
    return reply.code(404).type('text/html; charset=utf-8').send(html)
  })
}
