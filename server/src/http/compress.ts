import fastifyCompress from '@fastify/compress'
import type { RouteOptions } from 'fastify'
import type { Door } from './door.ts'

/** Text in whatever form. Hashes and what is packed already do not get smaller, and a stream of events must not wait for more of it. */
const compressible = /^text\/(?!event-stream)|[/+](json|xml|yaml)(;|$)/

/**
 * What a GET reads, and nothing else. The length of an answer tells of what repeats in it (BREACH): where a secret stands beside text that
 * somebody else may choose, it could be guessed letter by letter. Everything that is a secret (a session's token, a tenant's key, the challenge of a
 * passkey) is made by a POST and shown in its answer alone, and signing in is left out whole. The public log is of hashes and signatures.
 */
const isRead = ({ method, url }: RouteOptions): boolean => method === 'GET' && !/^\/(auth|oidc|log)(\/|$)/.test(url)

/** Sends what is read compressed, to whoever takes it. */
export const compressReads = async (app: Door): Promise<void> => {
  app.addHook('onRoute', (route: RouteOptions) => {
    if (!isRead(route)) route.compress = false
  })
  await app.register(fastifyCompress, { encodings: ['br', 'gzip'], customTypes: compressible, globalDecompression: false })
}
