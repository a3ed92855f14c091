import type { Socket } from 'node:net'
import { fastifySSE } from '@fastify/sse'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, type FastifySchemaCompiler, LogController } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { Base } from '../access/ctx.ts'
import { refusalOfIssues } from '../access/parse.ts'
import { formatProblem, Refusal } from '../errors.ts'
import { sessionCookie } from '../identity/cookies.ts'
import { newId } from '../ids.ts'
import { version } from '../version.ts'
import { guardAccess } from './access.ts'
import type { Door } from './door.ts'
import { sendProblem } from './fail.ts'
import { securityHeaders } from './headers.ts'

type Options = Base & {
  publicUrl: string
  log: FastifyBaseLogger
  /** Adds the routes. */
  routes: (app: Door) => void | Promise<void>
}

/** What Node refuses before there is a request: broken framing, oversized headers, a header that never ends. */
const answerBrokenRequest = (error: Error & { code?: string }, socket: Socket): void => {
  if (!socket.writable || socket.destroyed) return
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request_timeout'
        : 'invalid_request'
  const refusal = new Refusal(code)
  const body = JSON.stringify(formatProblem(refusal, newId('request')))
  const headers = Object.entries({
    ...securityHeaders,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  })
  socket.end(`HTTP/1.1 ${refusal.status} Refused\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
}

/** Input by its zod schema; what is wrong with it is a refusal like any other. */
const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (input) => {
    const parsed = schema.safeParse(input)
    return parsed.success ? { value: parsed.data } : { error: refusalOfIssues(parsed.error.issues) }
  }

/**
 * The console and tenant door. Every route added to it declares who may call it and its schemas, which are the
 * validation, the serialisation and the OpenAPI document at once.
 */
export const buildDoor = async ({ store, journal, publicUrl, log, routes }: Options): Promise<Door> => {
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
    return503OnClosing: true,
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 250 },
    connectionTimeout: 0,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    http: { maxHeaderSize: 16_384, headersTimeout: 10_000 },
    clientErrorHandler: answerBrokenRequest,
    ajv: { customOptions: { allErrors: false } },
  }).withTypeProvider<ZodTypeProvider>()
  app.server.maxHeadersCount = 100
  // Beyond it, whoever holds connections open would hold memory and files too.
  app.server.maxConnections = 2_000
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler((error: Error, request, reply) => sendProblem(error, request, reply))
  // Headers stand on the raw answer, so that streams and hijacked answers carry them too.
  app.addHook('onRequest', async (request, reply) => {
    for (const [name, value] of Object.entries(securityHeaders)) reply.raw.setHeader(name, value)
    reply.raw.setHeader('x-request-id', request.id)
  })
  await app.register(fastifySSE, { heartbeatInterval: 15_000 })
  guardAccess(app, { store, journal, publicUrl })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Countersign',
        version,
        description: 'Console API (/api, staff), tenant API (/v1, X-API-Key) and the log (/log, public).',
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
        },
      },
    },
    transform: (input) => {
      const { schema, url } = jsonSchemaTransform(input as never)
      const access = input.route.config?.access
      if (access === undefined || access === 'public') return { schema: { ...schema, security: [] }, url }
      if (access === 'staff') return { schema: { ...schema, security: [{ staff: [] }] }, url }
      if ('permission' in access) return { schema: { ...schema, security: [{ tenant_key: [] }], 'x-permission': access.permission }, url }
      return { schema: { ...schema, security: [{ staff: [] }], 'x-roles': access }, url }
    },
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(async (scope) => routes(scope as unknown as Door))
  return app as unknown as Door
}
