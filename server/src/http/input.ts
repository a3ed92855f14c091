import type { FastifyRequest, FastifySchemaCompiler, RouteOptions } from 'fastify'
import { z } from 'zod'
import { refusalOfIssues } from '../access/parse.ts'
import { Refusal } from '../errors.ts'
import type { Door } from './door.ts'

/** Input by its zod schema; what is wrong with it is a refusal like any other. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (input) => {
    const parsed = schema.safeParse(input)
    return parsed.success ? { value: parsed.data } : { error: refusalOfIssues(parsed.error.issues, schema) }
  }

/** For a verb that parses its body itself, so that a refused attempt is on the record too: there the schema only describes it. */
export const bodyParsedByVerb = (route: Omit<Parameters<typeof validatorCompiler>[0], 'schema'> & { schema: unknown }) =>
  route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route as Parameters<typeof validatorCompiler>[0])

/** The query of a page, or of somebody else's protocol: whoever it is for reads it. */
export const anyQuery = z.looseObject({})
const noQuery = z.strictObject({})

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The HTTP library would take what is not UTF-8, or not an escape, as the text it is written in. */
const requireDecodable = ({ raw, routeOptions }: FastifyRequest): void => {
  if (routeOptions.schema?.querystring === anyQuery) return
  const [, query = ''] = raw.url?.split(/\?(.*)/s) ?? []
  for (const pair of query.split('&')) {
    if (decode(pair) !== undefined) continue
    const name = decode(pair.split('=', 1)[0] ?? '') ?? ''
    throw new Refusal('invalid_request', { errors: [{ path: `/${name.slice(0, 60)}`, message: 'is not percent-encoded UTF-8' }] })
  }
}

/** Whether what a schema does not know is refused. */
const isStrict = (schema: unknown): boolean => schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever

/**
 * Every query has a schema, which refuses what it does not know: else somebody would ask for one thing and be shown all of them.
 * A route that has none takes no query.
 */
export const guardInput = (app: Door): void => {
  app.setValidatorCompiler(validatorCompiler)
  app.addHook('onRoute', (route: RouteOptions) => {
    const { querystring = noQuery } = route.schema ?? {}
    if (querystring !== anyQuery && !isStrict(querystring))
      throw new Error(`${route.method} ${route.url} lets unknown members of a query pass`)
    route.schema = { ...route.schema, querystring }
  })
  app.addHook('preValidation', async (request) => {
    if (!request.is404) requireDecodable(request)
  })
}
