import { parseTilePath, type Tile, tileEnd } from '@countersign/log/tile.ts'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Base } from '../../access/ctx.ts'
import { type LogIdentity, readCheckpoint } from '../../audit/checkpoint.ts'
import { readTile } from '../../audit/tree-reader.ts'
import { Refusal } from '../../errors.ts'
import type { Door } from '../door.ts'
import { problems } from '../fail.ts'

type Needs = Pick<Base, 'store'> & { logKey: LogIdentity }

/** For a year, as long as anybody keeps anything. */
const forEver = 'public, max-age=31536000, immutable'

const config = { access: 'public', isOpen: true } as const
const text = (description: string) => ({ 200: z.any().describe(description), ...problems })

const send = (reply: FastifyReply, type: string, body: string | Buffer): FastifyReply =>
  reply
    .type(type)
    .serializer((given: unknown) => given as string)
    .send(body)

const findTile = (path: string): Tile | undefined => {
  try {
    return parseTilePath(path)
  } catch {
    return undefined
  }
}

/** Whether a signed checkpoint covers all of a tile: then it never changes. What is not signed yet might still be lost. */
const isSigned = async ({ store, logKey }: Needs, tile: Tile): Promise<boolean> => {
  const newest = await readCheckpoint(store, logKey.verifier).catch(() => undefined)
  return newest !== undefined && tileEnd(tile) <= newest.size
}

/**
 * The log as C2SP tlog-tiles: hashes and signatures, which tell nothing of an event. Anybody may hold us to them, from a page of
 * their own too.
 */
export const logRoutes = (app: Door, needs: Needs): void => {
  app.get(
    '/log/checkpoint',
    {
      config,
      exposeHeadRoute: true,
      schema: { tags: ['log'], summary: 'Newest signed checkpoint (C2SP tlog-checkpoint)', response: text('text/plain') },
    },
    async (_request, reply) => {
      const newest = await readCheckpoint(needs.store, needs.logKey.verifier)
      if (newest === undefined) throw new Refusal('not_found', { detail: 'The log has no checkpoint yet.' })
      return send(reply, 'text/plain; charset=utf-8', newest.note)
    },
  )
  app.get(
    '/log/key',
    {
      config,
      exposeHeadRoute: true,
      schema: { tags: ['log'], summary: 'Verifier key of the log (C2SP signed-note)', response: text('text/plain') },
    },
    async (_request, reply) => send(reply, 'text/plain; charset=utf-8', `${needs.logKey.text}\n`),
  )
  app.get(
    '/log/tile/*',
    {
      config,
      exposeHeadRoute: true,
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
      if (tile === undefined || hashes === undefined) throw new Refusal('not_found')
      if (await isSigned(needs, tile)) reply.header('cache-control', forEver)
      return send(reply, 'application/octet-stream', hashes)
    },
  )
}
