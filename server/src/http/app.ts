import { fastifySSE } from '@fastify/sse'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Base } from '../access/ctx.ts'
import { Refusal } from '../errors.ts'
import { sessionCookie } from '../identity/cookies.ts'
import { newId } from '../ids.ts'
import { keepRoom } from '../inbound/room.ts'
import { watchProtocol } from '../inbound/version.ts'
import { version } from '../version.ts'
import { guardAccess } from './access.ts'
import { answerBrokenRequest, answerUnrouted, setOwnHeaders } from './before.ts'
import { compressReads } from './compress.ts'
import type { Door } from './door.ts'
import { sendProblem } from './fail.ts'
import { securityHeaders } from './headers.ts'
import { guardInput } from './input.ts'
import { describePromises, type PromisingKey, promiseCommitted } from './promises.ts'
import { newLanes, type Work } from './work.ts'

const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/is

/** Path and query of a target that is a whole address, as proxies get it, where it names the host that the request is for (RFC 9112 3.2.2). */
const targetOf = ({ url = '', headers: { host = '' } }: { url?: string | undefined; headers: { host?: string | undefined } }): string => {
  const [, authority, rest = ''] = absoluteForm.exec(url) ?? []
  if (authority === undefined || authority.toLowerCase() !== host.toLowerCase()) return url
  return rest.startsWith('/') ? rest : `/${rest}`
}

type Options = Base & {
  /** Of kinds of work that have connections of their own. */
  stores?: Partial<Record<Work, Base['store']>>
  /** Signs what the log promises to have. */
  logKey: PromisingKey
  publicUrl: string
  /** Origins that may be shown in a frame of the console. */
  frames?: string | undefined
  log: FastifyBaseLogger
  /** Adds the routes. */
  routes: (app: Door) => void | Promise<void>
}

/**
 * The console and tenant door. Every route added to it declares who may call it and its schemas, which are the
 * validation, the serialisation and the OpenAPI document at once.
 */
export const buildDoor = async ({ store, stores, journal, logKey, publicUrl, frames, log, routes }: Options): Promise<Door> => {
  const own = securityHeaders(frames)
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId('request'),
    requestIdHeader: false,
    bodyLimit: 1_000_000,
    trustProxy: false,
    // What is under way is finished; live pages are ended by their routes.
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    rewriteUrl: targetOf,
    return503OnClosing: false,
    frameworkErrors: answerUnrouted(publicUrl, own),
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 250 },
    connectionTimeout: 0,
    requestTimeout: 15_000,
    // Longer than load balancers keep a connection, so that it is not closed under a request of theirs.
    keepAliveTimeout: 75_000,
    http: { maxHeaderSize: 16_384, headersTimeout: 10_000, connectionsCheckingInterval: 500, requireHostHeader: false },
    clientErrorHandler: answerBrokenRequest(own),
    ajv: { customOptions: { allErrors: false } },
  }).withTypeProvider<ZodTypeProvider>()
  app.server.maxHeadersCount = 100
  const room = keepRoom(app.server, { connections: 8_000, perOwner: 600 })
  app.setSerializerCompiler(serializerCompiler)
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler((error: Error, request, reply) => sendProblem(error, request, reply))
  // What Node would answer by itself: our own refusals, with all that stands on them.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response))
  // Whoever listens to it, as the next line does, is the one who says that a body may come.
  app.server.on('checkContinue', (request, response) => {
    response.writeContinue()
    app.routing(request, response)
  })
  const isOtherProtocol = watchProtocol(app.server)
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onRequest', async (request, reply) => {
    setOwnHeaders(own, request, reply)
    if (closing) throw new Refusal('shutting_down')
    if (!request.raw.url?.startsWith('/')) throw new Refusal('invalid_request', { detail: 'The target must be a path of this host.' })
    if (isOtherProtocol(request.raw)) throw new Refusal('invalid_request', { detail: 'The version must be HTTP/1.1.' })
    if (![undefined, '100-continue'].includes(request.headers.expect?.toLowerCase())) {
      throw new Refusal('invalid_request', { errors: [{ path: '/headers/expect', message: 'may only be 100-continue' }] })
    }
  })
  promiseCommitted(app as unknown as Door, logKey)
  await app.register(fastifySSE, { heartbeatInterval: 15_000 })
  await compressReads(app as unknown as Door)
  guardInput(app)
  guardAccess(app, {
    stores: { ends: store, staff: store, tenants: store, signals: store, ...stores },
    journal,
    publicUrl,
    room,
    lanes: newLanes(),
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Countersign',
        version,
        description:
          'Console API (/api, staff), tenant API (/v1/audit, X-API-Key), signals (/v1/signals and /otlp, X-API-Key) and the log (/log, public).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: {
          staff: {
            type: 'apiKey',
            in: 'cookie',
            name: sessionCookie(publicUrl),
            description: 'Sign in at /auth/sign-in',
          },
          tenant_key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A tenant API key, cs_live_…' },
          ingest_key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An ingest key, ci_live_…' },
        },
      },
    },
    transform: (input) => {
      const { schema, url } = jsonSchemaTransform(input as never)
      const access = input.route.config?.access
      if (access === undefined || access === 'public') return { schema: { ...schema, security: [] }, url }
      if (access === 'ingest') return { schema: { ...schema, security: [{ ingest_key: [] }] }, url }
      if (access === 'staff') return { schema: { ...schema, security: [{ staff: [] }] }, url }
      if ('permission' in access) return { schema: { ...schema, security: [{ tenant_key: [] }], 'x-permission': access.permission }, url }
      return { schema: { ...schema, security: [{ staff: [] }], 'x-roles': access }, url }
    },
    transformObject: (document) => describePromises(jsonSchemaTransformObject(document)),
  })
  await app.register(async (scope) => routes(scope as unknown as Door))
  return app as unknown as Door
}
