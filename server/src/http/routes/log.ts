import type { LogStatus } from '@countersign/contract/events.ts'
import { parseTilePath, type Tile } from '@countersign/log/tile.ts'
import { z } from 'zod'
import type { Base } from '../../access/ctx.ts'
import { readCheckpoint } from '../../audit/checkpoint.ts'
import { readTile } from '../../audit/tree-reader.ts'
import { Refusal } from '../../errors.ts'
import type { Door } from '../door.ts'
import { problems } from '../fail.ts'

type Needs = Pick<Base, 'store'> & { logStatus: () => Promise<LogStatus> }

const text = (description: string) => ({ 200: z.any().describe(description), ...problems })

const findTile = (path: string): Tile | undefined => {
  try {
    return parseTilePath(path)
  } catch {
    return undefined
  }
}

/** The log as C2SP tlog-tiles: hashes and signatures, which tell nothing of an event. Anybody may hold us to them. */
export const logRoutes = (app: Door, needs: Needs): void => {
  app.get(
    '/log/checkpoint',
    {
      config: { access: 'public' },
      schema: { tags: ['log'], summary: 'Newest signed checkpoint (C2SP tlog-checkpoint)', response: text('text/plain') },
    },
    async (_request, reply) => {
      const note = await readCheckpoint(needs.store)
      if (note === undefined) throw new Refusal('not_found', { detail: 'The log has no checkpoint yet.' })
      return reply
        .type('text/plain; charset=utf-8')
        .serializer((body: unknown) => body as string)
        .send(note)
    },
  )
  app.get(
    '/log/key',
    {
      config: { access: 'public' },
      schema: { tags: ['log'], summary: 'Verifier key of the log (C2SP signed-note)', response: text('text/plain') },
    },
    async (_request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .serializer((body: unknown) => body as string)
        .send(`${(await needs.logStatus()).key}\n`),
  )
  app.get(
    '/log/tile/*',
    {
      config: { access: 'public' },
      schema: {
        tags: ['log'],
        summary: 'A tile of hashes (C2SP tlog-tiles), full or partial',
        params: z.object({ '*': z.string() }),
        response: text('application/octet-stream'),
      },
    },
    async (request, reply) => {
      const tile = findTile(`tile/${request.params['*']}`)
      const hashes = tile && (await readTile(needs.store, tile.level, tile.index, tile.width))
      if (hashes === undefined) throw new Refusal('not_found')
      return reply
        .type('application/octet-stream')
        .serializer((body: unknown) => body as string)
        .send(hashes)
    },
  )
}
